#include "engine/net/tune_network.h"

#include "engine/net/cell_network.h"

namespace gulo {

void tune_network(DeepNetwork& network, std::span<const ItemView> items, const Targets& targets) {
  if (auto* cells = dynamic_cast<CellNetwork*>(&network); cells && targets.task == Task::kLabel)
    cells->tune(items, targets.labels);
}

void copy_tuning(const DeepNetwork& tuned, DeepNetwork& network) {
  const auto* from = dynamic_cast<const CellNetwork*>(&tuned);
  auto* to = dynamic_cast<CellNetwork*>(&network);
  if (from && to) to->copy_tuning(*from);
}

}  // namespace gulo
