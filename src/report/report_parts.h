// What the pages of all tasks have.
#pragma once

#include <cstdint>
#include <string>

#include "model/spec.h"

namespace gulo {

std::string card(const std::string& content);
// A number and what it is; both plain text.
std::string tile(const std::string& value, const std::string& name);
std::string recogniser_section(const std::string& model_path, const ModelSpec& spec);
// Empty where the training record has no curve.
std::string training_section(const ModelSpec& spec);

// Cells of tables. A bar is as long as its fraction, in the colour of the class; "–" where it is not a number.
std::string bar_cell(double fraction, const char* css_class);
std::string count_cell(uint64_t count);
// Sorts by `value`.
std::string number_cell(double value);
std::string text_cell(const std::string& text, const char* css_class = "name");

}  // namespace gulo
