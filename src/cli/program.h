// What every main of gulo has around it.
#pragma once

#include <functional>

namespace gulo {

// Runs `program` and returns its exit code; the one place where exceptions end. An Error is printed with its hint on
// standard error and becomes its kind's exit code; memory that is not there becomes 4; a reader that left our standard
// output is no failure.
int run_program(const std::function<int()>& program);

}  // namespace gulo
