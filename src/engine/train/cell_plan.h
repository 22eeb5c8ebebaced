// How a network for cells is laid out and begins: by what the training rows' columns are like, and by the budget.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/train/deep_setup.h"
#include "model/cell_network_spec.h"

namespace gulo {

struct CellPlan {
  CellNetworkSpec spec;
  std::vector<uint32_t> remembered;  // the items that the neighbour heads compare with
  int64_t batch_rows = 1024;
};

// `train` must not be empty.
CellPlan plan_cells(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

// Knots at the quantiles of the numbers, which are finite and in any order: n_knots, ascending, equal ones left out and
// the last one repeated instead.
std::vector<float> knots_of(std::vector<float> numbers, int n_knots);

// A network with knots, known values and remembered rows of the training items, not trained yet.
DeepSetup setup_cells(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
