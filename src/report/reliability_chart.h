// Reliability diagram (Guo et al. 2017): is the recogniser right as often as it is sure?
#pragma once

#include <string>

#include "report/evaluation.h"

namespace gulo {

// Two inline SVGs, one above the other: accuracy by confidence, and the share of items by confidence.
std::string reliability_chart(const Evaluation& evaluation);

}  // namespace gulo
