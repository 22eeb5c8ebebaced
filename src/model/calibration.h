// logits = wide_scale * wide + deep_scale * deep + label_offsets. The scales are fitted where neither part was trained:
// they are the temperature (Guo et al. 2017) and the weight of each part in one.
#pragma once

#include <span>
#include <vector>

#include "data/targets.h"
#include "model/spec.h"

namespace gulo {

// Of logits [n_items, n_outputs] against targets of the same items, by the task:
// - one label: mean negative log-likelihood (nats) under softmax; several: under a sigmoid of each, a label's mean;
//   a number: mean squared error, in its unit.
double mean_loss(std::span<const float> logits, const Targets& targets);
// - one label: the fraction of items whose largest logit is not the label's; several: 1 - F1 of all pairs of an item
// and
//   a label together (micro F1), a label being given where its logit is not below 0; a number: the root of the mean
//   squared error over the deviation of the numbers. 0 is best; of no items it is 0.
double answer_error(std::span<const float> logits, const Targets& targets);

// One label an item: the same error with every label that occurs weighing the same, 1 - their mean recall.
double balanced_error(std::span<const float> logits, const Targets& targets);

// The scales >= 0 that minimise the mean loss (convex; damped Newton). An empty part gets scale 0. Without items the
// part that is there gets 1. wide, deep: [n_items, n_outputs] or empty.
Calibration fit_calibration(std::span<const float> wide, std::span<const float> deep, const Targets& targets);

// True where `with` is better than `without` by more than chance: the mean of the items' gains in loss is over two of
// its standard errors.
bool improves(std::span<const float> without, std::span<const float> with, const Targets& targets);

// The same of one label an item: item_labels [n], logits [n, n_labels].
double negative_log_likelihood(std::span<const float> logits, std::span<const int> item_labels);
double error_fraction(std::span<const float> logits, std::span<const int> item_labels);
Calibration fit_calibration(std::span<const float> wide, std::span<const float> deep, std::span<const int> item_labels);
bool improves_likelihood(std::span<const float> without, std::span<const float> with, std::span<const int> item_labels);

// label_offsets with which a recogniser of items that are labelled so often [n_labels] answers as if all labels were as
// frequent: minus the logarithm of each label's share, the commonest's being 0 (logit adjustment, Menon et al. 2021,
// arXiv 2007.07314).
std::vector<double> balancing_offsets(std::span<const size_t> label_counts);

// To logits [n_items, n_labels].
void add_label_offsets(const Calibration& calibration, std::vector<float>& logits);

// [n_items, n_outputs], offsets included.
std::vector<float> combine_logits(const Calibration& calibration, std::span<const float> wide,
                                  std::span<const float> deep);

}  // namespace gulo
