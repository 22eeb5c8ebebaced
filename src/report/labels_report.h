// The page of `gulo test --report` for a recogniser of several labels an item (report/html_report.h has that of one).
#pragma once

#include <string>

#include "model/spec.h"
#include "report/labels_evaluation.h"

namespace gulo {

// One self-contained HTML file; `test_data` is DATA as given.
std::string labels_report(const std::string& model_path, const ModelSpec& spec, const std::string& test_data,
                          const LabelsEvaluation& evaluation);

}  // namespace gulo
