// The page of `gulo test --report` for a recogniser of numbers (report/html_report.h has that of labels).
#pragma once

#include <string>

#include "model/spec.h"
#include "report/number_evaluation.h"

namespace gulo {

// One self-contained HTML file; `test_data` is DATA as given.
std::string number_report(const std::string& model_path, const ModelSpec& spec, const std::string& test_data,
                          const NumberEvaluation& evaluation);

}  // namespace gulo
