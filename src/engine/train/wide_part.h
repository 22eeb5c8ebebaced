// The wide part of any kind, trained: a table of n-grams, a bank of convolutions or a forest.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <variant>
#include <vector>

#include "engine/train/bank_trainer.h"
#include "engine/train/forest_trainer.h"
#include "engine/train/wide_search.h"
#include "model/spec.h"

namespace gulo {

using WidePart = std::variant<WideResult, BankResult, ForestResult>;

// [n_valid, n_labels], of a part that has not seen the validation items.
const std::vector<float>& valid_logits_of(const WidePart& part);
uint64_t n_parameters_of(const WidePart& part);
// What a model file says of the part, put into the spec, and views of what it holds of it; `part` must outlive them.
void put_spec(const WidePart& part, ModelSpec& spec);
TensorMap tensors_of(const WidePart& part, size_t n_labels);
// "wide" of the training record; is_validated: there were validation items.
nlohmann::json record_of(const WidePart& part, bool is_validated);

}  // namespace gulo
