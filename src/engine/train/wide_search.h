// Finds the recipe of the wide part that fits the data, and trains it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "data/corpus.h"
#include "data/split.h"
#include "engine/train/plan.h"
#include "engine/train/wide_trainer.h"

namespace gulo {

struct WideSearchOptions {
  double search_s = 0, final_s = 0;  // 0: as long as it takes (the epochs alone decide, for same bits)
  uint64_t seed = 0;
  int n_threads = 1;
  bool refit = true;     // train the winner once more on training and validation items together
  size_t max_bytes = 0;  // of the tensors in the model file
};

struct WideResult {
  std::string recipe;
  WideSpec spec;
  WideTensors tensors;
  std::vector<float> valid_logits;  // of the winner as trained on the training items alone, quantised
  double epochs = 0, valid_error = 0, seconds = 0;
  bool twin = false;             // recipe and the same n-grams with steps by evidence, in one table
  double quantisation_cost = 0;  // validation error of the quantised table minus that of the float one
  int refits = 0;  // trainings on all items, of which `tensors` are the mean; 0: trained on the training items alone
  uint64_t n_parameters = 0;
};

// Appends {"phase": "wide", "seconds", "loss", "valid_error"} to `curve`. Stops early, with what there is, when
// interrupted().
WideResult search_wide(const Corpus& corpus, const TrainValid& parts, const WideSearchOptions& options,
                       nlohmann::json& curve);

}  // namespace gulo
