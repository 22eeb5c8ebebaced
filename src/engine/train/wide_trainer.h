// Trains the wide part: stochastic gradient descent on hashed n-grams (kernel/ngram_bag.h), no LibTorch.
//
// The bits of a run depend on (corpus, items, recipe, seed, number of steps) and not on the number of threads: a step
// is a small batch whose items are extracted and scored in parallel, then the table's parts are updated in parallel.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "kernel/ngram_bag.h"
#include "model/safetensors.h"
#include "model/spec.h"

namespace gulo {

// How far a row steps beside the others; the mean step is the same.
enum class RowSteps {
  kAlike,
  // By log(N / items that have the n-gram) squared: n-grams that stand in all items learn nothing, rare ones most
  // (inverse document frequency, Sparck Jones 1972, as a learning rate).
  kRarity,
  // By the squared logarithm of how much likelier a label's items have the n-gram than the others, the mean over the
  // labels: naive Bayes as a prior (NB-SVM, Wang and Manning 2012, as a learning rate). For one of few labels.
  kEvidence,
};

// False where kEvidence would count n-grams of too many labels, or there are none.
bool can_step(RowSteps steps, size_t n_labels, Task task);

struct WideRecipe {
  std::string name;
  WideSpec spec;
  double learning_rate = 10;  // of labels
  RowSteps steps = RowSteps::kAlike;
  // Of one label an item: so much of an answer is shared by all labels (Szegedy et al. 2016), so that rows stop growing
  // where an item is known by heart.
  float label_smoothing = 0.1f;
};

struct WideSchedule {
  double epochs = 6;
  double seconds = 0;  // > 0: fewer epochs where these would take longer; the learning rate is 0 at the end either way
  uint64_t seed = 0;
  int n_threads = 1;
};

struct WideProgress {
  double fraction = 0;
  double loss = 0;  // mean over the last items, nats
  double bytes_per_s = 0;
};

// What is left of a trained table in a model file. Owns the bytes that `tensors` show.
struct WideTensors {
  std::vector<uint8_t> present;
  std::vector<float> scale, bias;
  std::vector<int8_t> weight;
  size_t n_rows() const { return scale.size(); }
  TensorMap tensors() const;  // wide.present, wide.scale, wide.weight, wide.bias
};

class WideTrainer {
 public:
  // Takes 2^log2_rows x width floats; log2_rows of the recipe is lowered to what fits 512 MiB. Throws Error (kDevice).
  WideTrainer(const WideRecipe& recipe, int n_labels, Task task = Task::kLabel);

  // Trains a new table on a corpus of the same task; to be called once. `on_progress` returns false to stop early.
  // Returns the epochs done (1.5: one and a half).
  double fit(const Corpus& corpus, const std::vector<uint32_t>& items, const WideSchedule& schedule,
             const std::function<bool(const WideProgress&)>& on_progress);

  // Uncalibrated logits [n, n_labels].
  std::vector<float> logits(const Corpus& corpus, const std::vector<uint32_t>& items, int n_threads) const;

  // Answers with scale * (its logits) + other_scale * (the other's) from here on. The other one's recipe must be of the
  // same n-grams: logits are linear in the table, so one table holds both.
  void add(double scale, double other_scale, const WideTrainer& other);

  // Rows that were touched, the largest first until `max_bytes` are full; 8 bits a weight, one scale a row.
  WideTensors quantise(size_t max_bytes) const;
  // Puts quantised weights back into the table: what the model file will answer.
  void load(const WideTensors& tensors);

  const WideRecipe& recipe() const { return recipe_; }
  uint64_t n_parameters() const;  // of rows touched

 private:
  class Run;
  std::vector<float> item_logits(std::span<const uint8_t> item, struct NgramScratch& scratch) const;
  size_t row(size_t id) const { return id * static_cast<size_t>(width_); }

  WideRecipe recipe_;
  NgramBagShape shape_;
  int n_labels_, width_;
  Task task_;
  double learning_rate_;  // at the start
  HugePageFloats table_;
  std::vector<float> bias_;
};

}  // namespace gulo
