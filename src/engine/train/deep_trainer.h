// Trains the deep part, readable in one go: plan, probe, steps with validations between them, the best network kept.
//
// Of several processes each draws the same batches, learns from its own part of each, and takes the steps of its own
// part of the parameters, given the sum of all processes' gradients; all have the same network after every step. The
// clock is rank 0's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/corpus.h"
#include "engine/cluster/cluster.h"
#include "engine/net/deep_network.h"
#include "engine/train/deep_setup.h"
#include "engine/train/training_state.h"

namespace gulo {

// The learning rate rises within this share of the steps, then falls in a straight line to zero.
inline constexpr double kWarmUpFraction = 0.03;
// Of the matrix product's rate, what the loop is expected to reach before it has run.
inline constexpr double kExpectedUtilisation = 0.5;
// What sizes follow where a number of steps, not a time, is given: the same network on every machine.
inline constexpr double kNominalFlopsPerS = 2e11;

struct DeepProgress {
  double fraction = 0;  // of the budget, or of the steps
  int64_t step = 0;
  double loss = 0;         // mean of the latest steps
  double valid_error = 1;  // answer_error of the latest validation; 1 before the first
  double bytes_per_s = 0;  // of items, since the start of the training loop
};

struct DeepOptions {
  // The loop ends in time for the last validation to end at `seconds` from the call, or after `steps` steps where these
  // are given: then the same seed and number of threads give the same bits.
  double seconds = 60;
  int64_t steps = 0;
  uint64_t seed = 0;
  at::ScalarType dtype = at::kFloat;
  double gemm_peak_flops_per_s = 0;  // of probe_gemm_flops_per_s(dtype); 0: probed within the seconds
  // Makes the network and its feed, given what FLOP/s the loop may be expected to reach: setup_bytes() and its like.
  std::function<DeepSetup(double flops_per_s)> setup;
  // Called after every step; false ends the training early, with the best network so far.
  std::function<bool(const DeepProgress&)> progress;
  // Called about every checkpoint_s seconds, and when the training is ended early, with all that it takes to go on.
  std::function<void(const TrainingState&)> checkpoint;
  double checkpoint_s = 0;
  // The processes that train together, each with these options; null: there is one. Every one has the result.
  Cluster* cluster = nullptr;
  // To go on from; with the same setup, items and number of threads the result is that of a training that was never
  // broken off, bit for bit where `steps` are given. The time used until then counts. Null: from the start.
  const TrainingState* resume = nullptr;
};

struct DeepCurvePoint {
  double seconds = 0;  // from the call
  int64_t step = 0;
  double loss = 0;
  double valid_error = 0;
};

struct DeepResult {
  std::shared_ptr<DeepNetwork> network;
  std::vector<float> valid_logits;  // [n_valid, n_labels]
  double valid_error = 1;
  int64_t steps = 0;
  double epochs = 0;
  double model_flops = 0;   // of the matrix products of all steps; blank rows do not count
  double loop_seconds = 0;  // spent in steps, feed included
  double gemm_peak_flops_per_s = 0;
  double flop_utilisation = 0;  // model_flops / loop_seconds / gemm_peak_flops_per_s
  double feed_overhead = 1;     // step with the real feed / step on one fixed batch
  int64_t shards_copied = 0;    // to a device that has no room for all items
  std::vector<DeepCurvePoint> curve;
  bool interrupted = false;
};

// Uses LibTorch's threads (at::set_num_threads). `valid` may be empty: then the last network counts as the best, and
// valid_error is 1. Corpus and items are those that options.setup feeds from. Throws Error (kDevice) where the loss is
// no number any more, (kData) where `resume` is of another training.
DeepResult train_deep(const Corpus& corpus, const std::vector<uint32_t>& valid, const DeepOptions& options);

}  // namespace gulo
