#include "model/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gulo {

namespace {

constexpr double kLargestScale = 100;

// Probabilities of one row, in place of its logits; returns log(sum(exp)).
double softmax_in_place(std::vector<double>& row) {
  const double largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (double& v : row) sum += v = std::exp(v - largest);
  for (double& v : row) v /= sum;
  return largest + std::log(sum);
}

struct Objective {
  double value = 0;
  std::array<double, 2> gradient{};
  std::array<double, 3> hessian{};  // ww, wd, dd
};

double log1p_exp(double z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }
double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

class Fit {
 public:
  Fit(std::span<const float> wide, std::span<const float> deep, const Targets& targets)
      : parts_{wide, deep},
        targets_(targets),
        n_outputs_(targets.n_outputs),
        doubt_(1.0 / (static_cast<double>(targets.n_items()) + 2)) {}

  Objective at(const std::array<double, 2>& scales) const {
    Objective sum;
    std::vector<double> row(n_outputs_);
    for (size_t i = 0; i < targets_.n_items(); ++i) {
      for (size_t k = 0; k < n_outputs_; ++k) row[k] = scales[0] * logit(0, i, k) + scales[1] * logit(1, i, k);
      if (targets_.task == Task::kLabel)
        add_label(i, row, sum);
      else
        for (size_t k = 0; k < n_outputs_; ++k) add_value(i, k, row[k], sum);
    }
    return sum;
  }

 private:
  double logit(int part, size_t i, size_t k) const {
    return parts_[part].empty() ? 0.0 : static_cast<double>(parts_[part][i * n_outputs_ + k]);
  }

  void add_label(size_t i, std::vector<double>& p, Objective& sum) const {
    const size_t label = static_cast<size_t>(targets_.labels[i]);
    double wanted = 0;
    for (size_t k = 0; k < n_outputs_; ++k) wanted += target(k, label) * p[k];
    sum.value += softmax_in_place(p) - wanted;
    std::array<double, 2> mean{};
    std::array<double, 3> square{};
    for (size_t k = 0; k < n_outputs_; ++k) {
      const double w = logit(0, i, k), d = logit(1, i, k);
      mean[0] += p[k] * w, mean[1] += p[k] * d;
      square[0] += p[k] * w * w, square[1] += p[k] * w * d, square[2] += p[k] * d * d;
    }
    for (int part = 0; part < 2; ++part) {
      sum.gradient[part] += mean[part];
      for (size_t k = 0; k < n_outputs_; ++k) sum.gradient[part] -= target(k, label) * logit(part, i, k);
    }
    sum.hessian[0] += square[0] - mean[0] * mean[0];
    sum.hessian[1] += square[1] - mean[0] * mean[1];
    sum.hessian[2] += square[2] - mean[1] * mean[1];
  }

  // One output by itself: a label that the item has or has not, or a number.
  void add_value(size_t i, size_t k, double z, Objective& sum) const {
    const double wanted = targets_.values[i * n_outputs_ + k], w = logit(0, i, k), d = logit(1, i, k);
    double slope, curvature;
    if (targets_.task == Task::kNumber) {
      slope = z - wanted, curvature = 1;
      sum.value += 0.5 * slope * slope;
    } else {
      const double doubted = wanted > 0.5 ? 1 - doubt_ : doubt_, p = sigmoid(z);
      slope = p - doubted, curvature = p * (1 - p);
      sum.value += log1p_exp(z) - doubted * z;
    }
    sum.gradient[0] += slope * w, sum.gradient[1] += slope * d;
    sum.hessian[0] += curvature * w * w, sum.hessian[1] += curvature * w * d, sum.hessian[2] += curvature * d * d;
  }

  // Platt's targets (1999): n items without a mistake do not prove that there is none in n + 2.
  double target(size_t k, size_t label) const {
    return k == label ? 1 - doubt_ : doubt_ / static_cast<double>(std::max<size_t>(1, n_outputs_ - 1));
  }

  std::array<std::span<const float>, 2> parts_;
  const Targets& targets_;
  size_t n_outputs_;
  double doubt_;
};

// One damped Newton step's direction; a part at its bound 0 that would go below it stays.
std::array<double, 2> newton_direction(const Objective& o, const std::array<double, 2>& scales) {
  std::array<bool, 2> free{};
  for (int part = 0; part < 2; ++part) free[part] = scales[part] > 0 || o.gradient[part] < 0;
  const double ridge = 1e-9 + 1e-6 * (o.hessian[0] + o.hessian[2]);
  const double a = o.hessian[0] + ridge, b = o.hessian[1], d = o.hessian[2] + ridge;
  if (free[0] && free[1] && a * d - b * b > 1e-12 * a * d)
    return {-(d * o.gradient[0] - b * o.gradient[1]) / (a * d - b * b),
            -(a * o.gradient[1] - b * o.gradient[0]) / (a * d - b * b)};
  return {free[0] ? -o.gradient[0] / a : 0, free[1] ? -o.gradient[1] / d : 0};
}

// What each item's answer costs: -log of the probability of its label; the mean over the labels of that of having or
// not having each; or the squared error.
std::vector<double> item_losses(std::span<const float> logits, const Targets& targets) {
  const size_t n_outputs = targets.n_outputs;
  std::vector<double> losses, row(n_outputs);
  for (size_t i = 0; i < targets.n_items(); ++i) {
    std::ranges::copy(logits.subspan(i * n_outputs, n_outputs), row.begin());
    double loss = 0;
    if (targets.task == Task::kLabel) {
      const double own = row[static_cast<size_t>(targets.labels[i])];
      loss = softmax_in_place(row) - own;
    } else {
      for (size_t k = 0; k < n_outputs; ++k) {
        const double wanted = targets.row(i)[k], miss = row[k] - wanted;
        loss += targets.task == Task::kNumber ? miss * miss : log1p_exp(row[k]) - wanted * row[k];
      }
      loss /= static_cast<double>(n_outputs);
    }
    losses.push_back(loss);
  }
  return losses;
}

bool is_wrong(std::span<const float> logits, const Targets& targets, size_t i) {
  const auto row = logits.subspan(i * targets.n_outputs, targets.n_outputs);
  return std::ranges::max_element(row) - row.begin() != targets.labels[i];
}

double label_error(std::span<const float> logits, const Targets& targets) {
  size_t n_wrong = 0;
  for (size_t i = 0; i < targets.n_items(); ++i) n_wrong += is_wrong(logits, targets, i);
  return static_cast<double>(n_wrong) / static_cast<double>(targets.n_items());
}

// 1 - the F1 of all pairs of an item and a label together.
double labels_error(std::span<const float> logits, const Targets& targets) {
  size_t n_right = 0, n_counted = 0;
  for (size_t i = 0; i < targets.values.size(); ++i) {
    const bool given = logits[i] >= 0, wanted = targets.values[i] > 0.5f;
    n_right += given && wanted;
    n_counted += static_cast<size_t>(given) + static_cast<size_t>(wanted);
  }
  return n_counted == 0 ? 0 : 1 - 2 * static_cast<double>(n_right) / static_cast<double>(n_counted);
}

// The root of the mean squared error, as a fraction of what the numbers' mean would give.
double number_error(std::span<const float> answers, const Targets& targets) {
  const auto n = static_cast<double>(targets.values.size());
  double mean = 0, squares = 0, spread = 0;
  for (const float value : targets.values) mean += static_cast<double>(value) / n;
  for (size_t i = 0; i < targets.values.size(); ++i) {
    const double value = targets.values[i], miss = static_cast<double>(answers[i]) - value;
    squares += miss * miss;
    spread += (value - mean) * (value - mean);
  }
  return spread > 0 ? std::sqrt(squares / spread) : std::sqrt(squares / n);
}

}  // namespace

double mean_loss(std::span<const float> logits, const Targets& targets) {
  double sum = 0;
  for (const double loss : item_losses(logits, targets)) sum += loss;
  return targets.empty() ? 0 : sum / static_cast<double>(targets.n_items());
}

bool improves(std::span<const float> without, std::span<const float> with, const Targets& targets) {
  const auto before = item_losses(without, targets), after = item_losses(with, targets);
  const auto n = static_cast<double>(targets.n_items());
  double sum = 0, squares = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const double gain = before[i] - after[i];
    sum += gain;
    squares += gain * gain;
  }
  if (n < 2) return false;
  const double mean = sum / n, variance = std::max(0.0, squares / n - mean * mean) * n / (n - 1);
  return mean > 2 * std::sqrt(variance / n);
}

double answer_error(std::span<const float> logits, const Targets& targets) {
  if (targets.empty()) return 0;
  switch (targets.task) {
    case Task::kLabel:
      return label_error(logits, targets);
    case Task::kLabels:
      return labels_error(logits, targets);
    case Task::kNumber:
      return number_error(logits, targets);
  }
  return 0;
}

double balanced_error(std::span<const float> logits, const Targets& targets) {
  std::vector<double> n_wrong(targets.n_outputs), n_items(targets.n_outputs);
  for (size_t i = 0; i < targets.n_items(); ++i) {
    const auto label = static_cast<size_t>(targets.labels[i]);
    n_wrong[label] += is_wrong(logits, targets, i);
    ++n_items[label];
  }
  double sum = 0, n_labels = 0;
  for (size_t k = 0; k < targets.n_outputs; ++k)
    if (n_items[k] > 0) sum += n_wrong[k] / n_items[k], ++n_labels;
  return n_labels > 0 ? sum / n_labels : 0;
}

namespace {

size_t n_labels_of(std::span<const float> logits, std::span<const int> item_labels) {
  return item_labels.empty() ? 0 : logits.size() / item_labels.size();
}

}  // namespace

double negative_log_likelihood(std::span<const float> logits, std::span<const int> item_labels) {
  return mean_loss(logits, label_targets(item_labels, n_labels_of(logits, item_labels)));
}

double error_fraction(std::span<const float> logits, std::span<const int> item_labels) {
  return answer_error(logits, label_targets(item_labels, n_labels_of(logits, item_labels)));
}

bool improves_likelihood(std::span<const float> without, std::span<const float> with,
                         std::span<const int> item_labels) {
  return improves(without, with, label_targets(item_labels, n_labels_of(without, item_labels)));
}

Calibration fit_calibration(std::span<const float> wide, std::span<const float> deep,
                            std::span<const int> item_labels) {
  return fit_calibration(wide, deep, label_targets(item_labels, n_labels_of(wide.empty() ? deep : wide, item_labels)));
}

Calibration fit_calibration(std::span<const float> wide, std::span<const float> deep, const Targets& targets) {
  std::array<double, 2> scales{wide.empty() ? 0.0 : 1.0, deep.empty() ? 0.0 : 1.0};
  if (!targets.empty()) {
    const Fit fit(wide, deep, targets);
    Objective now = fit.at(scales);
    for (int iteration = 0; iteration < 50; ++iteration) {
      const auto direction = newton_direction(now, scales);
      bool improved = false;
      for (int halvings = 0; halvings < 20 && !improved; ++halvings) {
        const double step = std::ldexp(1.0, -halvings);
        std::array<double, 2> next;
        for (int part = 0; part < 2; ++part)
          next[part] = std::clamp(scales[part] + step * direction[part], 0.0, kLargestScale);
        const Objective there = fit.at(next);
        if (there.value < now.value * (1 - 1e-9)) scales = next, now = there, improved = true;
      }
      if (!improved) break;
    }
  }
  return {scales[0], scales[1]};
}

std::vector<double> balancing_offsets(std::span<const size_t> label_counts) {
  std::vector<double> offsets;
  for (const size_t count : label_counts) offsets.push_back(-std::log(static_cast<double>(std::max<size_t>(1, count))));
  const double least = *std::ranges::min_element(offsets);
  for (double& offset : offsets) offset -= least;
  return offsets;
}

void add_label_offsets(const Calibration& calibration, std::vector<float>& logits) {
  const std::vector<double>& offsets = calibration.label_offsets;
  if (offsets.empty()) return;
  for (size_t i = 0; i < logits.size(); ++i) logits[i] += static_cast<float>(offsets[i % offsets.size()]);
}

std::vector<float> combine_logits(const Calibration& calibration, std::span<const float> wide,
                                  std::span<const float> deep) {
  std::vector<float> sum(std::max(wide.size(), deep.size()));
  for (size_t i = 0; i < wide.size(); ++i) sum[i] += static_cast<float>(calibration.wide_scale) * wide[i];
  for (size_t i = 0; i < deep.size(); ++i) sum[i] += static_cast<float>(calibration.deep_scale) * deep[i];
  add_label_offsets(calibration, sum);
  return sum;
}

}  // namespace gulo
