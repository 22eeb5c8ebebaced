#include "engine/train/bank_trainer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/process_clock.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "engine/train/bank_design.h"
#include "engine/train/ridge.h"
#include "model/calibration.h"
#include "run/bank_scorer.h"

namespace gulo {

namespace {

// With fewer features than this the bank is not worth its time.
constexpr size_t kMinFeatures = 10 * kConvolutionKernels;
constexpr size_t kProbeFeatures = 4 * kConvolutionKernels, kProbeItems = 3;
// Of the ridge's products and decomposition in double: half of what two cores with AVX2 do.
constexpr double kFlopsPerSecond = 2e10;

std::vector<double> penalty_grid() {
  std::vector<double> penalties;
  for (int i = -12; i <= 6; ++i) penalties.push_back(std::pow(10, i / 2.0));
  return penalties;
}

class BankTrainer {
 public:
  BankTrainer(const Corpus& corpus, const TrainValid& parts, const BankOptions& options)
      : corpus_(corpus), parts_(parts), options_(options), all_(parts.train), progress_("bank") {
    all_.insert(all_.end(), parts.valid.begin(), parts.valid.end());
  }

  std::optional<BankResult> run() {
    if (parts_.train.size() < 2 || (corpus_.task == Task::kLabel && corpus_.labels.size() < 2)) return std::nullopt;
    const size_t n_features = affordable_features();
    if (n_features == 0) return std::nullopt;
    BankDesign design = design_bank(corpus_, parts_.train, n_features, options_.seed, options_.n_threads);
    if (!compute_features(design)) return std::nullopt;
    BankResult result;
    fit(result);
    result.spec = design.spec;
    result.tensors.channels = std::move(design.channels);
    result.tensors.biases = std::move(design.biases);
    result.n_parameters = result.tensors.weights.size() + result.tensors.biases.size() + result.tensors.offsets.size();
    result.seconds = seconds_since_process_start() - start_s_;
    progress_.finish(fmt::format("{} convolutions, leave-one-out error {}", result.spec.n_features(),
                                 format_percent(result.loo_error)));
    return result;
  }

 private:
  // 0: too few to be of use.
  size_t affordable_features() {
    const double second_per_feature = options_.seconds > 0 ? probe() : 0;
    for (size_t n = options_.n_features; n >= std::min(kMinFeatures, options_.n_features); n = n * 4 / 5) {
      const RidgeCost cost = ridge_cost(all_.size(), n, corpus_.labels.size());
      const double ridge_s = cost.flops / kFlopsPerSecond;
      const bool in_time =
          options_.seconds <= 0 || second_per_feature * static_cast<double>(n) + ridge_s <= options_.seconds;
      const double n_bytes = cost.bytes + static_cast<double>(all_.size() * n * sizeof(float));
      if (in_time && n_bytes <= static_cast<double>(options_.memory_bytes)) return n;
    }
    return 0;
  }

  // What a feature of all items takes, from a small bank and a few items.
  double probe() {
    const BankDesign design = design_bank(corpus_, parts_.train, kProbeFeatures, options_.seed, options_.n_threads);
    const double design_s = seconds_since_process_start() - start_s_;
    std::vector<float> features(design.spec.n_features());
    BankScratch scratch;
    const size_t n_probed = std::min(kProbeItems, all_.size());
    uint64_t n_probed_bytes = 0, n_bytes = 0;
    for (const uint32_t i : all_) n_bytes += corpus_.view(i).shape.n_bytes();
    const double begin_s = seconds_since_process_start();
    for (size_t j = 0; j < n_probed; ++j) {
      const ItemView item = corpus_.view(all_[j * all_.size() / n_probed]);
      bank_features(design.view(), item, scratch, features.data());
      n_probed_bytes += item.shape.n_bytes();
    }
    const double probed_s = seconds_since_process_start() - begin_s;
    const double share = static_cast<double>(n_bytes) / static_cast<double>(std::max<uint64_t>(1, n_probed_bytes));
    return (design_s + probed_s * share / options_.n_threads) / static_cast<double>(kProbeFeatures);
  }

  // False when interrupted.
  bool compute_features(const BankDesign& design) {
    const auto n_features = static_cast<int64_t>(design.spec.n_features());
    features_ = at::empty({static_cast<int64_t>(all_.size()), n_features}, at::kFloat);
    auto* rows = features_.mutable_data_ptr<float>();
    std::vector<BankScratch> scratch(static_cast<size_t>(std::max(1, options_.n_threads)));
    std::atomic<size_t> n_done = 0;
    parallel_for(all_.size(), options_.n_threads, 1, [&](size_t i, int thread) {
      if (interrupted()) return;
      bank_features(design.view(), corpus_.view(all_[i]), scratch[static_cast<size_t>(thread)],
                    rows + i * static_cast<size_t>(n_features));
      const size_t done = ++n_done;
      if (thread == 0)
        progress_.update(static_cast<double>(done) / static_cast<double>(all_.size()),
                         fmt::format("{} convolutions", n_features));
    });
    return n_done == all_.size();
  }

  void fit(BankResult& result) {
    const size_t n_train = parts_.train.size(), n_valid = parts_.valid.size();
    result.refitted = options_.refit && n_valid > 0;
    const size_t n_fitted = result.refitted ? all_.size() : n_train;
    const Targets targets = targets_between(0, n_fitted);
    RidgeFit head = fit_ridge(features_.narrow(0, 0, static_cast<int64_t>(n_fitted)), targets, penalty_grid(),
                              result.refitted ? static_cast<int64_t>(n_valid) : 0);
    result.valid_logits = result.refitted ? std::move(head.group_logits) : answers(head, n_train, n_valid);
    if (n_valid > 0) result.valid_error = answer_error(result.valid_logits, targets_between(n_train, all_.size()));
    result.loo_error = answer_error(head.loo_logits, targets);
    result.loo_items.assign(all_.begin(), all_.begin() + static_cast<ptrdiff_t>(n_fitted));
    sort_items(result, head.loo_logits);
    result.penalty = head.penalty;
    result.tensors.weights = std::move(head.weights);
    result.tensors.offsets = std::move(head.offsets);
  }

  // [n, n_labels] for the items from `begin` on.
  std::vector<float> answers(const RidgeFit& head, size_t begin, size_t n) const {
    const auto n_labels = static_cast<int64_t>(corpus_.labels.size());
    const at::Tensor weights = at::tensor(head.weights).view({features_.size(1), n_labels}).to(at::kDouble);
    const at::Tensor rows = features_.narrow(0, static_cast<int64_t>(begin), static_cast<int64_t>(n)).to(at::kDouble);
    const at::Tensor logits = (at::mm(rows, weights) + at::tensor(head.offsets)).to(at::kFloat).contiguous();
    return {logits.const_data_ptr<float>(), logits.const_data_ptr<float>() + logits.numel()};
  }

  // Puts the leave-one-out answers into the order of the item numbers.
  void sort_items(BankResult& result, const std::vector<float>& logits) const {
    const size_t n_labels = corpus_.labels.size();
    std::vector<size_t> order(result.loo_items.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return all_[a] < all_[b]; });
    std::sort(result.loo_items.begin(), result.loo_items.end());
    for (const size_t i : order)
      result.loo_logits.insert(result.loo_logits.end(), logits.begin() + static_cast<ptrdiff_t>(i * n_labels),
                               logits.begin() + static_cast<ptrdiff_t>((i + 1) * n_labels));
  }

  Targets targets_between(size_t begin, size_t end) const {
    return targets_of(corpus_, std::span(all_).subspan(begin, end - begin));
  }

  const Corpus& corpus_;
  const TrainValid& parts_;
  const BankOptions& options_;
  const double start_s_ = seconds_since_process_start();
  std::vector<uint32_t> all_;  // training items, then validation items
  at::Tensor features_;        // [all_.size(), n_features]
  Progress progress_;
};

}  // namespace

std::optional<BankResult> train_bank(const Corpus& corpus, const TrainValid& parts, const BankOptions& options) {
  require(corpus.kind == Kind::kSamples, ErrorKind::kUsage,
          fmt::format("a bank of convolutions takes items of kind samples, not {}", kind_name(corpus.kind)));
  const at::NoGradGuard no_grad;
  return BankTrainer(corpus, parts, options).run();
}

}  // namespace gulo
