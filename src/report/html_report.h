// One self-contained HTML file (no script from elsewhere, no network): what a person looks at after `gulo test
// --report`.
#pragma once

#include <string>

#include "model/spec.h"
#include "report/evaluation.h"

namespace gulo {

// `test_data` is DATA as given. The training curve comes from spec.training["curve"]: a list of
// {"phase": "wide"|"deep", "seconds": s, "loss": l, "valid_error": e or null}.
std::string html_report(const std::string& model_path, const ModelSpec& spec, const std::string& test_data,
                        const Evaluation& evaluation);

}  // namespace gulo
