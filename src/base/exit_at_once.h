// The end of a process that has nothing left to do but to give back memory.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace gulo {

// Writes out what streams hold, and ends: no static object is destroyed. LibTorch takes as long to take its thousands
// of operators apart, one by one, as to register them.
[[noreturn]] inline void exit_at_once(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace gulo
