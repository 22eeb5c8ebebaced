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

class Fit {
 public:
  Fit(std::span<const float> wide, std::span<const float> deep, std::span<const int> item_labels)
      : parts_{wide, deep},
        item_labels_(item_labels),
        n_labels_(std::max(wide.size(), deep.size()) / item_labels.size()),
        doubt_(1.0 / (static_cast<double>(item_labels.size()) + 2)) {}

  Objective at(const std::array<double, 2>& scales) const {
    Objective sum;
    std::vector<double> p(n_labels_);
    for (size_t i = 0; i < item_labels_.size(); ++i) {
      for (size_t k = 0; k < n_labels_; ++k) p[k] = scales[0] * logit(0, i, k) + scales[1] * logit(1, i, k);
      const size_t label = static_cast<size_t>(item_labels_[i]);
      double wanted = 0;
      for (size_t k = 0; k < n_labels_; ++k) wanted += target(k, label) * p[k];
      sum.value += softmax_in_place(p) - wanted;
      std::array<double, 2> mean{};
      std::array<double, 3> square{};
      for (size_t k = 0; k < n_labels_; ++k) {
        const double w = logit(0, i, k), d = logit(1, i, k);
        mean[0] += p[k] * w, mean[1] += p[k] * d;
        square[0] += p[k] * w * w, square[1] += p[k] * w * d, square[2] += p[k] * d * d;
      }
      for (int part = 0; part < 2; ++part) {
        sum.gradient[part] += mean[part];
        for (size_t k = 0; k < n_labels_; ++k) sum.gradient[part] -= target(k, label) * logit(part, i, k);
      }
      sum.hessian[0] += square[0] - mean[0] * mean[0];
      sum.hessian[1] += square[1] - mean[0] * mean[1];
      sum.hessian[2] += square[2] - mean[1] * mean[1];
    }
    return sum;
  }

 private:
  double logit(int part, size_t i, size_t k) const {
    return parts_[part].empty() ? 0.0 : static_cast<double>(parts_[part][i * n_labels_ + k]);
  }

  // Platt's targets (1999): n items without a mistake do not prove that there is none in n + 2.
  double target(size_t k, size_t label) const {
    return k == label ? 1 - doubt_ : doubt_ / static_cast<double>(std::max<size_t>(1, n_labels_ - 1));
  }

  std::array<std::span<const float>, 2> parts_;
  std::span<const int> item_labels_;
  size_t n_labels_;
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

}  // namespace

namespace {

// -log softmax(logits)[label] of every row.
std::vector<double> row_losses(std::span<const float> logits, std::span<const int> item_labels) {
  const size_t n_labels = item_labels.empty() ? 0 : logits.size() / item_labels.size();
  std::vector<double> losses, row(n_labels);
  for (size_t i = 0; i < item_labels.size(); ++i) {
    std::ranges::copy(logits.subspan(i * n_labels, n_labels), row.begin());
    const double own = row[static_cast<size_t>(item_labels[i])];
    losses.push_back(softmax_in_place(row) - own);
  }
  return losses;
}

}  // namespace

double negative_log_likelihood(std::span<const float> logits, std::span<const int> item_labels) {
  double sum = 0;
  for (const double loss : row_losses(logits, item_labels)) sum += loss;
  return item_labels.empty() ? 0 : sum / static_cast<double>(item_labels.size());
}

bool improves_likelihood(std::span<const float> without, std::span<const float> with,
                         std::span<const int> item_labels) {
  const auto before = row_losses(without, item_labels), after = row_losses(with, item_labels);
  const auto n = static_cast<double>(item_labels.size());
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

double error_fraction(std::span<const float> logits, std::span<const int> item_labels) {
  if (item_labels.empty()) return 0;
  const size_t n_labels = logits.size() / item_labels.size();
  size_t n_wrong = 0;
  for (size_t i = 0; i < item_labels.size(); ++i) {
    const auto row = logits.subspan(i * n_labels, n_labels);
    n_wrong += std::max_element(row.begin(), row.end()) - row.begin() != item_labels[i];
  }
  return static_cast<double>(n_wrong) / static_cast<double>(item_labels.size());
}

Calibration fit_calibration(std::span<const float> wide, std::span<const float> deep,
                            std::span<const int> item_labels) {
  std::array<double, 2> scales{wide.empty() ? 0.0 : 1.0, deep.empty() ? 0.0 : 1.0};
  if (!item_labels.empty()) {
    const Fit fit(wide, deep, item_labels);
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

std::vector<float> combine_logits(const Calibration& calibration, std::span<const float> wide,
                                  std::span<const float> deep) {
  std::vector<float> sum(std::max(wide.size(), deep.size()));
  for (size_t i = 0; i < wide.size(); ++i) sum[i] += static_cast<float>(calibration.wide_scale) * wide[i];
  for (size_t i = 0; i < deep.size(); ++i) sum[i] += static_cast<float>(calibration.deep_scale) * deep[i];
  return sum;
}

}  // namespace gulo
