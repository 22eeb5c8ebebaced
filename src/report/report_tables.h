// The report's tables as HTML.
#pragma once

#include <string>

#include "report/evaluation.h"

namespace gulo {

// The pairs of labels that are confused most often.
std::string confused_pairs_table(const Evaluation& evaluation);
// Precision and recall of every label (of the 1,000 with lowest recall where there are more), sortable by its headings.
std::string label_table(const Evaluation& evaluation);
// The mistakes with most confidence.
std::string mistake_table(const Evaluation& evaluation);

}  // namespace gulo
