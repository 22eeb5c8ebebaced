// How a network for cells is laid out and begins: by what the training rows' columns are like, and by the budget.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/corpus.h"
#include "engine/net/cell_network.h"
#include "engine/train/deep_setup.h"
#include "engine/train/optimiser.h"
#include "model/cell_network_spec.h"

namespace gulo {

struct CellPlan {
  CellNetworkSpec spec;
  std::vector<uint32_t> remembered;  // the items that the neighbour heads compare with
  int64_t batch_rows = 1024;
  OptimiserOptions optimiser;
  double head_dropout = 0;
  double label_smoothing = 0;
  double max_epochs = 0;
};

// Sizes that a plan chooses from.
struct CellSizes {
  int most_members;
  int64_t most_batch_rows;
  int64_t usual_steps;  // an epoch: a larger table has larger batches, as long as they are allowed
  double speed_share;   // of what the loop is expected to reach
};
extern const CellSizes kCpuCells;
// Twice as many members, and batches of 2,048 rows of tables of half a million rows: the comparisons of a step are 400
// million then, some 1.6 GB for each tensor of them. What a device learns with them has not been measured yet.
extern const CellSizes kDeviceCells;

// `train` must not be empty.
CellPlan plan_cells(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                    const CellSizes& sizes = kCpuCells);

// Knots at the quantiles of the numbers, which are finite and in any order: n_knots, ascending, equal ones left out and
// the last one repeated instead.
std::vector<float> knots_of(std::vector<float> numbers, int n_knots);

// The plan's network with knots, known values and remembered rows of the training items, not trained yet.
std::shared_ptr<CellNetwork> cell_network_for(const Corpus& corpus, const std::vector<uint32_t>& train,
                                              const CellPlan& plan, uint64_t seed);

// Such a network, and its feed.
DeepSetup setup_cells(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
