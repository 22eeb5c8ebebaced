// How a network for items of several fields is made: each field's by its own kind's plan, with its share of the budget.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/train/deep_setup.h"

namespace gulo {

// `train` must not be empty. Throws Error (kData) where no training item has one of the fields.
DeepSetup setup_fields(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
