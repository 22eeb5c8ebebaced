// logits = wide_scale * wide + deep_scale * deep: two numbers, fitted where neither part was trained. They are the
// temperature (Guo et al. 2017) and the weight of each part in one.
#pragma once

#include <span>
#include <vector>

#include "model/spec.h"

namespace gulo {

// Mean negative log-likelihood (nats) of `item_labels` [n] under softmax(logits [n, n_labels]).
double negative_log_likelihood(std::span<const float> logits, std::span<const int> item_labels);
// Fraction of rows whose largest logit is not the label's.
double error_fraction(std::span<const float> logits, std::span<const int> item_labels);

// The scales >= 0 that minimise the negative log-likelihood (convex; damped Newton). An empty part gets scale 0.
// Without items the part that is there gets 1. wide, deep: [n, n_labels] or empty.
Calibration fit_calibration(std::span<const float> wide, std::span<const float> deep, std::span<const int> item_labels);

// True where `with` is better than `without` by more than chance: the mean of the items' gains in log-likelihood is
// over two of its standard errors. Both [n, n_labels].
bool improves_likelihood(std::span<const float> without, std::span<const float> with, std::span<const int> item_labels);

std::vector<float> combine_logits(const Calibration& calibration, std::span<const float> wide,
                                  std::span<const float> deep);

}  // namespace gulo
