// What a training reads before it begins: items, split into those to train on and those to validate.
#pragma once

#include <string>

#include "data/corpus.h"
#include "data/split.h"
#include "engine/train/trainer.h"

namespace gulo {

struct TrainData {
  Corpus corpus;
  TrainValid parts;
  std::string description;  // "pixels: 50,000 JPEG pictures of 32 x 32 x 3"
};

// The items of options.data, and of options.valid_data where that is given; otherwise some are set aside. Throws Error.
TrainData read_train_data(const TrainOptions& options);

// Items of options.unlabelled_data, of the training data's kind and columns; what labels there are is not looked at.
// Throws Error.
Corpus read_unlabelled(const TrainOptions& options, const Corpus& train);

}  // namespace gulo
