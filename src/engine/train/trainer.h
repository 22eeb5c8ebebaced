// The main job: labelled items and a budget in, a recogniser out.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "data/fields.h"
#include "data/reader/reader.h"
#include "data/task.h"
#include "engine/cluster/cluster_place.h"

namespace gulo {

struct TrainOptions {
  std::string data{}, model_path{};
  std::string valid_data{};       // empty: valid_fraction of the items
  std::string unlabelled_data{};  // items whose labels nobody knows (self_training.h); empty: none
  std::string split = "auto", label_column{}, column{};
  double budget_s = 60;
  double valid_fraction = 0.1;
  double max_bad_fraction = 0.01;
  uint64_t memory_bytes = 0;  // items that take more are streamed from a file; 0: half of the free memory
  int64_t steps = 0;          // > 0: so many deep steps and no clock: same seed, same bits
  uint64_t seed = 0;
  int n_threads = 1;
  std::string parts = "both";              // both | wide | deep
  std::vector<FieldColumn> asked_kinds{};  // --as COLUMN=KIND
  std::optional<Kind> kind{};              // none: found out from the contents
  std::optional<Task> task{};              // none: guessed from the labels
  bool balanced = false;                   // every label weighs the same, however rare it is
  bool augment = true;                     // items may be varied at random in training
  double checkpoint_s = -1;                // seconds between checkpoints; 0: never, -1: as the budget suggests
  bool resume = false;                     // goes on from the checkpoint beside the model
  std::optional<ClusterPlace> place{};     // of this process among those that train together; none: it is alone
  std::string device = "auto";             // auto | cpu | cuda: where the deep part trains
};

// Trains, writes model_path, and returns the training record (the keys of `train --json`). Ctrl-C keeps the best so
// far. Throws Error: data that cannot be learned from, a checkpoint that cannot be resumed (kData), no memory or disk
// (kDevice); then model_path is as it was. Of several processes rank 0 alone writes files, says something and trains
// the wide part; the others return when they are not needed any more. A lost process ends all others (kDevice).
nlohmann::json train_recogniser(const TrainOptions& options);

}  // namespace gulo
