// What a recogniser is and how it came about, as a list of facts in HTML.
#pragma once

#include <string>

#include "model/spec.h"

namespace gulo {

// Every key of the training record is optional; what is absent, or not of the type expected, is left out.
std::string model_facts(const std::string& model_path, const ModelSpec& spec);

}  // namespace gulo
