#include "engine/train/wide_trainer.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/rng.h"
#include "base/threads.h"
#include "data/item_order.h"
#include "data/window_plan.h"
#include "run/wide_scorer.h"

namespace gulo {

namespace {

constexpr size_t kBatchItems = 8;  // what two cores' caches hold of 4 KiB items' rows; part of the result, so fixed
constexpr size_t kMaxTableBytes = size_t{512} << 20;
constexpr double kBiasLearningRate = 0.01;
// Of numbers, whatever the recipe: the items of a batch step together, and eight alike must not step too far.
constexpr double kNumberLearningRate = 0.12;
constexpr uint64_t kRaritySampleBytes = uint64_t{32} << 20;
constexpr size_t kMostCountedLabels = 16;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Gradient of the cross-entropy with smoothed labels by the logits, in place; returns the loss in nats, of the label
// alone.
double cross_entropy_gradient(std::vector<float>& logits, int n_labels, int label, float smoothing) {
  const auto end = logits.begin() + n_labels;
  const float largest = *std::max_element(logits.begin(), end), own = logits[static_cast<size_t>(label)];
  float sum = 0;
  for (auto it = logits.begin(); it != end; ++it) sum += * it = std::exp(*it - largest);
  for (auto it = logits.begin(); it != end; ++it) *it = *it / sum - smoothing / static_cast<float>(n_labels);
  logits[static_cast<size_t>(label)] -= 1 - smoothing;
  return static_cast<double>(std::log(sum) + largest - own);
}

// The same of labels by themselves, which the item has or has not.
double labels_gradient(std::vector<float>& logits, int n_labels, const std::vector<int>& labels) {
  float loss = 0;
  for (int k = 0; k < n_labels; ++k) {
    float& logit = logits[static_cast<size_t>(k)];
    loss += std::max(logit, 0.0f) + std::log1p(std::exp(-std::abs(logit)));
    for (const int label : labels) loss -= label == k ? logit : 0.0f;
    logit = 1 / (1 + std::exp(-logit));
  }
  for (const int label : labels) logits[static_cast<size_t>(label)] -= 1;
  return static_cast<double>(loss) / n_labels;
}

// Of half the squared error; returns the squared error.
double number_gradient(std::vector<float>& answer, double wanted) {
  const double miss = static_cast<double>(answer[0]) - wanted;
  answer[0] = static_cast<float>(miss);
  return miss * miss;
}

}  // namespace

TensorMap WideTensors::tensors() const {
  const auto bytes = [](const auto& v) {
    return std::span(reinterpret_cast<const uint8_t*>(v.data()), v.size() * sizeof(v[0]));
  };
  return {{"wide.present", {"U8", {present.size()}, bytes(present)}},
          {"wide.scale", {"F32", {scale.size()}, bytes(scale)}},
          {"wide.weight", {"I8", {scale.size(), bias.size()}, bytes(weight)}},
          {"wide.bias", {"F32", {bias.size()}, bytes(bias)}}};
}

// One training run: the workers, their batch, and the learning-rate schedule.
class WideTrainer::Run {
 public:
  Run(WideTrainer& trainer, const Corpus& corpus, const std::vector<uint32_t>& items, const WideSchedule& schedule,
      const std::function<bool(const WideProgress&)>& on_progress)
      : trainer_(trainer),
        corpus_(corpus),
        items_(items),
        order_(corpus, items),
        schedule_(schedule),
        on_progress_(on_progress),
        rng_(schedule.seed),
        n_steps_(static_cast<size_t>(std::ceil(schedule.epochs * static_cast<double>(items.size()) / kBatchItems))) {
    if (trainer.recipe_.steps != RowSteps::kAlike) weigh_rows();
    order_.shuffle(rng_);
    first_step_s_ = seconds_since(start_);
  }

  double train() {
    const int n_threads = std::clamp(schedule_.n_threads, 1, static_cast<int>(kBatchItems));
    pace_ = Pace(n_threads);
    std::barrier extracted(n_threads);
    std::barrier updated(n_threads, [this]() noexcept { end_of_round(); });
    begin_step();
    const auto work = [&](int thread) {
      NgramScratch scratch;
      while (!done_) {
        if (pace_.together()) {
          for (size_t slot; (slot = next_slot_.fetch_add(1)) < n_slots_;) score(slots_[slot], scratch);
          extracted.arrive_and_wait();
          for (int part = thread; part < kNgramBagParts; part += n_threads) update(part);
        } else if (thread == 0) {
          train_alone(scratch);
        }
        updated.arrive_and_wait();
      }
    };
    std::vector<std::thread> threads;
    for (int t = 1; t < n_threads; ++t) threads.emplace_back(work, t);
    work(0);
    for (auto& thread : threads) thread.join();
    return static_cast<double>(n_items_seen_) / static_cast<double>(items_.size());
  }

 private:
  // An item of the batch: its ids by part, and the step that its rows take.
  struct Slot {
    uint32_t item = 0;
    WindowRange window;
    std::vector<uint32_t> ids;
    uint32_t begin[kNgramBagParts + 1];
    std::vector<float> step;
    double loss = 0;
  };

  // Whether the next steps are taken by all threads or by one. Threads that wait for each other twice a step lose where
  // a step is short or another program has one of the cores: both ways are tried now and then, and the faster one is
  // taken. The bits are the same.
  class Pace {
   public:
    explicit Pace(int n_threads = 1) : can_choose_(n_threads > 1), together_(n_threads > 1) {}
    bool together() const { return together_; }
    bool is_over(double seconds) const { return can_choose_ && seconds >= end_s_; }
    void choose(double seconds, uint64_t n_items) {
      if (!is_over(seconds)) return;
      rate_[together_] = static_cast<double>(n_items - begin_items_) / (seconds - begin_s_);
      const bool was_trial = is_trial_, faster = rate_[1] >= rate_[0];
      is_trial_ = !was_trial;
      together_ = is_trial_ ? !together_ : faster;
      begin_s_ = seconds;
      begin_items_ = n_items;
      end_s_ = seconds + (is_trial_ ? kTrialSeconds : kStretchSeconds);
    }

   private:
    static constexpr double kTrialSeconds = 0.03, kStretchSeconds = 0.4;
    bool can_choose_, together_, is_trial_ = false;
    double rate_[2] = {0, 0};  // items a second: alone, together
    double begin_s_ = 0, end_s_ = kTrialSeconds;
    uint64_t begin_items_ = 0;
  };

  void train_alone(NgramScratch& scratch) {
    do {
      for (size_t slot = 0; slot < n_slots_; ++slot) score(slots_[slot], scratch);
      for (int part = 0; part < kNgramBagParts; ++part) update(part);
      end_of_step();
    } while (!is_last_ && !pace_.is_over(seconds_since(start_)));
  }

  // Runs in one thread while the others wait.
  void end_of_round() noexcept {
    if (pace_.together()) end_of_step();
    done_ = is_last_;
    pace_.choose(seconds_since(start_), n_items_seen_);
  }

  // Counted on a random sample: enough to tell common n-grams from rare ones, and short beside an epoch.
  void weigh_rows() {
    const bool by_label = trainer_.recipe_.steps == RowSteps::kEvidence;
    const size_t n_labels = by_label ? static_cast<size_t>(trainer_.n_labels_) : 1;
    const std::vector<uint32_t> sample = draw_sample();
    std::vector<uint32_t> n_items_with(trainer_.shape_.n_rows() * n_labels);
    const int n_threads = std::max(1, schedule_.n_threads);
    std::vector<NgramScratch> scratch(static_cast<size_t>(n_threads));
    parallel_for(sample.size(), n_threads, 16, [&](size_t i, int thread) {
      auto& own = scratch[static_cast<size_t>(thread)];
      const size_t label = by_label ? static_cast<size_t>(corpus_.item_labels[sample[i]]) : 0;
      const size_t n = extract_window(trainer_.shape_, first_window(sample[i]), true, own);
      for (size_t j = 0; j < n; ++j)
        std::atomic_ref(n_items_with[own.ids[j] * n_labels + label]).fetch_add(1, std::memory_order_relaxed);
    });
    row_rate_ = by_label ? evidence(n_items_with, n_labels) : rarity(n_items_with, sample.size());
    double sum = 0, n = 0;
    for (size_t r = 0; r < row_rate_.size(); ++r)
      for (size_t k = 0; k < n_labels; ++k) {
        const double count = n_items_with[r * n_labels + k];
        sum += count * static_cast<double>(row_rate_[r]);
        n += count;
      }
    if (sum > 0)
      for (float& rate : row_rate_) rate *= static_cast<float>(n / sum);  // the mean step is what it was
  }

  static std::vector<float> rarity(const std::vector<uint32_t>& n_items_with, size_t n_items) {
    std::vector<float> rates;
    for (const uint32_t count : n_items_with) {
      const double rarity = std::log((1.0 + static_cast<double>(n_items)) / (1.0 + count));
      rates.push_back(static_cast<float>(rarity * rarity));
    }
    return rates;
  }

  // n_items_with: [n_rows, n_labels]; one more is counted of each.
  static std::vector<float> evidence(const std::vector<uint32_t>& n_items_with, size_t n_labels) {
    const size_t n_rows = n_items_with.size() / n_labels;
    std::vector<double> of_label(n_labels, static_cast<double>(n_rows));
    for (size_t i = 0; i < n_items_with.size(); ++i) of_label[i % n_labels] += n_items_with[i];
    const double of_all = std::accumulate(of_label.begin(), of_label.end(), 0.0);
    const auto rate = [&](const uint32_t* counts) {
      const double all = std::accumulate(counts, counts + n_labels, static_cast<double>(n_labels));
      double squares = 0;
      for (size_t k = 0; k < n_labels; ++k) {
        const double inside = (1.0 + counts[k]) / of_label[k];
        const double outside = (all - 1.0 - counts[k]) / (of_all - of_label[k]);
        squares += std::pow(std::log(inside / outside), 2);
      }
      return static_cast<float>(squares / static_cast<double>(n_labels));
    };
    // Most rows were not seen in the sample: their logarithms are taken once.
    std::vector<float> rates(n_rows, rate(std::vector<uint32_t>(n_labels).data()));
    for (size_t r = 0; r < n_rows; ++r) {
      const uint32_t* counts = &n_items_with[r * n_labels];
      if (std::any_of(counts, counts + n_labels, [](uint32_t count) { return count > 0; })) rates[r] = rate(counts);
    }
    return rates;
  }

  std::vector<uint32_t> draw_sample() {
    order_.shuffle(rng_);
    std::vector<uint32_t> sample;
    uint64_t n_bytes = 0;
    do {
      sample.push_back(order_.item());
      n_bytes += first_window(sample.back()).size();
    } while (n_bytes < kRaritySampleBytes && order_.advance());
    return sample;
  }

  std::span<const uint8_t> first_window(uint32_t item) const {
    const auto bytes = corpus_.item(item);
    return bytes.first(std::min(bytes.size(), static_cast<size_t>(trainer_.recipe_.spec.window_bytes)));
  }

  // Fills the slots with the next items of a permutation that is drawn anew each epoch.
  void begin_step() {
    n_slots_ = std::min(kBatchItems, items_.size());
    for (size_t s = 0; s < n_slots_; ++s) {
      slots_[s].item = order_.item();
      if (!order_.advance()) order_.shuffle(rng_);
      slots_[s].window = random_window(corpus_.item(slots_[s].item).size(),
                                       static_cast<size_t>(trainer_.recipe_.spec.window_bytes), rng_);
    }
    next_slot_ = 0;
  }

  void score(Slot& slot, NgramScratch& scratch) {
    const auto bytes = corpus_.item(slot.item).subspan(slot.window.begin, slot.window.size);
    const size_t n = extract_window(trainer_.shape_, bytes, slot.window.begin == 0, scratch);
    slot.ids.resize(n);
    ngram_bag_partition(trainer_.shape_, scratch.ids.data(), n, slot.ids.data(), slot.begin);
    slot.step.resize(static_cast<size_t>(trainer_.width_));
    ngram_bag_forward_cpu(trainer_.table_.get(), trainer_.width_, slot.ids.data(), n, slot.step.data());
    const float value = 1 / std::sqrt(static_cast<float>(n) + 1);
    for (int k = 0; k < trainer_.n_labels_; ++k)
      slot.step[static_cast<size_t>(k)] =
          slot.step[static_cast<size_t>(k)] * value + trainer_.bias_[static_cast<size_t>(k)];
    slot.loss = gradient(slot);
    for (float& s : slot.step) s *= value * static_cast<float>(learning_rate());
  }

  double gradient(Slot& slot) const {
    switch (trainer_.task_) {
      case Task::kLabel:
        return cross_entropy_gradient(slot.step, trainer_.n_labels_, corpus_.item_labels[slot.item],
                                      trainer_.recipe_.label_smoothing);
      case Task::kLabels:
        return labels_gradient(slot.step, trainer_.n_labels_, corpus_.label_sets[slot.item]);
      case Task::kNumber:
        return number_gradient(slot.step, corpus_.number_unit.to_answer(corpus_.numbers[slot.item]));
    }
    return 0;
  }

  void update(int part) {
    for (size_t s = 0; s < n_slots_; ++s) {
      const Slot& slot = slots_[s];
      ngram_bag_update_cpu(trainer_.table_.get(), trainer_.width_, slot.ids.data() + slot.begin[part],
                           slot.begin[part + 1] - slot.begin[part], slot.step.data(),
                           row_rate_.empty() ? nullptr : row_rate_.data());
    }
  }

  double learning_rate() const { return trainer_.learning_rate_ * (1 - fraction_); }

  void end_of_step() noexcept {
    for (size_t s = 0; s < n_slots_; ++s) {
      const Slot& slot = slots_[s];
      const float value = 1 / std::sqrt(static_cast<float>(slot.ids.size()) + 1);
      for (int k = 0; k < trainer_.n_labels_; ++k)
        trainer_.bias_[static_cast<size_t>(k)] -=
            static_cast<float>(kBiasLearningRate / trainer_.learning_rate_) * slot.step[static_cast<size_t>(k)] / value;
      mean_loss_ += (slot.loss - mean_loss_) / std::min(500.0, static_cast<double>(++n_items_seen_));
      n_bytes_seen_ += slot.window.size;
    }
    ++step_;
    const double seconds = seconds_since(start_);
    fraction_ = static_cast<double>(step_) / static_cast<double>(n_steps_);
    if (schedule_.seconds > 0) fraction_ = std::max(fraction_, seconds / schedule_.seconds);
    bool go_on = true;
    if (on_progress_ && seconds - last_report_s_ > 0.1) {
      last_report_s_ = seconds;
      go_on = on_progress_({fraction_, mean_loss_, static_cast<double>(n_bytes_seen_) / (seconds - first_step_s_)});
    }
    is_last_ = !go_on || fraction_ >= 1;
    if (!is_last_) begin_step();
  }

  WideTrainer& trainer_;
  const Corpus& corpus_;
  const std::vector<uint32_t>& items_;
  ItemOrder order_;
  const WideSchedule& schedule_;
  const std::function<bool(const WideProgress&)>& on_progress_;
  Rng rng_;
  size_t n_steps_;
  std::vector<float> row_rate_;  // empty: 1
  Slot slots_[kBatchItems];
  size_t n_slots_ = 0;
  std::atomic<size_t> next_slot_{0};
  Pace pace_;
  size_t step_ = 0, n_items_seen_ = 0;
  uint64_t n_bytes_seen_ = 0;
  double fraction_ = 0, mean_loss_ = 0, first_step_s_ = 0, last_report_s_ = 0;
  bool is_last_ = false;  // the step that was taken
  bool done_ = false;     // known to all threads
  Clock::time_point start_ = Clock::now();
};

bool can_step(RowSteps steps, size_t n_labels, Task task) {
  return steps != RowSteps::kEvidence || (task == Task::kLabel && n_labels >= 2 && n_labels <= kMostCountedLabels);
}

WideTrainer::WideTrainer(const WideRecipe& recipe, int n_labels, Task task)
    : recipe_(recipe),
      n_labels_(n_labels),
      width_(ngram_bag_width(n_labels)),
      task_(task),
      learning_rate_(task == Task::kNumber ? kNumberLearningRate : recipe.learning_rate),
      bias_(static_cast<size_t>(n_labels)) {
  while (recipe_.spec.log2_rows > 12 &&
         (sizeof(float) * static_cast<size_t>(width_) << recipe_.spec.log2_rows) > kMaxTableBytes)
    --recipe_.spec.log2_rows;
  shape_ = ngram_bag_shape(recipe_.spec);
  table_ = allocate_huge_floats(row(shape_.n_rows()));
}

double WideTrainer::fit(const Corpus& corpus, const std::vector<uint32_t>& items, const WideSchedule& schedule,
                        const std::function<bool(const WideProgress&)>& on_progress) {
  return Run(*this, corpus, items, schedule, on_progress).train();
}

std::vector<float> WideTrainer::item_logits(std::span<const uint8_t> item, NgramScratch& scratch) const {
  std::vector<float> pooled(bias_), sum(static_cast<size_t>(width_));
  for (const WindowRange& range : prediction_windows(item.size(), static_cast<size_t>(recipe_.spec.window_bytes))) {
    const size_t n = extract_window(shape_, item.subspan(range.begin, range.size), range.begin == 0, scratch);
    ngram_bag_forward_cpu(table_.get(), width_, scratch.ids.data(), n, sum.data());
    const float weight = static_cast<float>(range.weight / std::sqrt(static_cast<double>(n) + 1));
    for (size_t k = 0; k < pooled.size(); ++k) pooled[k] += weight * sum[k];
  }
  return pooled;
}

std::vector<float> WideTrainer::logits(const Corpus& corpus, const std::vector<uint32_t>& items, int n_threads) const {
  const size_t n_labels = static_cast<size_t>(n_labels_);
  std::vector<float> all(items.size() * n_labels);
  std::vector<NgramScratch> scratch(static_cast<size_t>(std::max(1, n_threads)));
  parallel_for(items.size(), n_threads, 4, [&](size_t i, int thread) {
    const auto logits = item_logits(corpus.item(items[i]), scratch[static_cast<size_t>(thread)]);
    std::copy(logits.begin(), logits.end(), all.begin() + static_cast<long>(i * n_labels));
  });
  return all;
}

void WideTrainer::add(double scale, double other_scale, const WideTrainer& other) {
  const auto own = static_cast<float>(scale), others = static_cast<float>(other_scale);
  for (size_t i = 0; i < row(shape_.n_rows()); ++i) table_[i] = own * table_[i] + others * other.table_[i];
  for (size_t k = 0; k < bias_.size(); ++k) bias_[k] = own * bias_[k] + others * other.bias_[k];
}

uint64_t WideTrainer::n_parameters() const {
  uint64_t n_rows = 0;
  for (size_t r = 0; r < shape_.n_rows(); ++r)
    n_rows += std::any_of(&table_[row(r)], &table_[row(r + 1)], [](float w) { return w != 0; });
  return (n_rows + 1) * static_cast<uint64_t>(n_labels_);
}

WideTensors WideTrainer::quantise(size_t max_bytes) const {
  const size_t n_labels = static_cast<size_t>(n_labels_), row_bytes = n_labels + sizeof(float);
  std::vector<std::pair<float, uint32_t>> rows;  // largest magnitude, number
  for (size_t r = 0; r < shape_.n_rows(); ++r) {
    float largest = 0;
    for (size_t k = 0; k < n_labels; ++k) largest = std::max(largest, std::abs(table_[row(r) + k]));
    if (largest > 0) rows.emplace_back(largest, static_cast<uint32_t>(r));
  }
  const size_t n_kept = std::min(rows.size(), max_bytes / row_bytes);
  std::nth_element(rows.begin(), rows.begin() + static_cast<long>(n_kept), rows.end(), std::greater<>());
  rows.resize(n_kept);
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second < b.second; });

  WideTensors out;
  out.present.resize(shape_.bitmap_words() * sizeof(uint64_t));
  out.bias = bias_;
  out.weight.reserve(n_kept * n_labels);
  for (const auto& [largest, r] : rows) {
    out.present[r / 8] |= static_cast<uint8_t>(1u << (r % 8));
    out.scale.push_back(largest / 127);
    for (size_t k = 0; k < n_labels; ++k)
      out.weight.push_back(static_cast<int8_t>(std::lround(table_[row(r) + k] / largest * 127)));
  }
  return out;
}

void WideTrainer::load(const WideTensors& tensors) {
  size_t kept = 0;
  for (size_t r = 0; r < shape_.n_rows(); ++r) {
    const bool present = tensors.present[r / 8] >> (r % 8) & 1;
    for (size_t k = 0; k < static_cast<size_t>(n_labels_); ++k)
      table_[row(r) + k] =
          present ? tensors.scale[kept] * tensors.weight[kept * static_cast<size_t>(n_labels_) + k] : 0.0f;
    kept += present;
  }
  bias_ = tensors.bias;
}

}  // namespace gulo
