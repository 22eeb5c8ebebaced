// What is best set by items that a network was not trained on: how much of its answer comes from which part.
#pragma once

#include <span>

#include "data/targets.h"
#include "engine/net/deep_network.h"

namespace gulo {

// A network without such parts, or of another task than one label an item, stays as it is.
void tune_network(DeepNetwork& network, std::span<const ItemView> items, const Targets& targets);
// The same in a network of the same kind, as it is in one that was tuned.
void copy_tuning(const DeepNetwork& tuned, DeepNetwork& network);

}  // namespace gulo
