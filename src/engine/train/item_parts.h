// Logits of many items, part by part where they lie in a file.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/corpus.h"
#include "engine/net/deep_network.h"

namespace gulo {

// network.logits() of items of the corpus. Where that lies in a file, so many are looked at in one go as fit in the
// memory that it may take.
std::vector<float> logits_in_parts(DeepNetwork& network, const Corpus& corpus, std::span<const ItemView> items,
                                   size_t max_windows);

}  // namespace gulo
