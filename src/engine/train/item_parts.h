// Logits of many items: part by part where they lie in a file, shared out where there are several processes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/corpus.h"
#include "engine/cluster/cluster.h"
#include "engine/net/deep_network.h"

namespace gulo {

// network.logits() of items of the corpus. Where that lies in a file, so many are copied and looked at in one go as fit
// in the memory that it may take: of items here and there a mapping would hold more than them (data/arena.h). An item
// that does not fit is looked at where it lies.
std::vector<float> logits_in_parts(DeepNetwork& network, const Corpus& corpus, std::span<const ItemView> items,
                                   size_t max_windows);

// The same of all processes together, each of which looks at its share of the items; they may be alone (null). What no
// gradient trains each has followed by itself: of that all take rank 0's first.
std::vector<float> logits_of_all(DeepNetwork& network, const Corpus& corpus, std::span<const ItemView> items,
                                 size_t max_windows, Cluster* cluster);

}  // namespace gulo
