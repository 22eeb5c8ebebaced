// ngram_bag against LibTorch's embedding_bag (sum, per_sample_weights, sparse gradient) and SGD: 32 items of 4,096
// random bytes (the most distinct n-grams that items can have), 40 labels, a table of 2^20 rows that no cache holds.
//
// LibTorch has no way to extract the ids, so it is given them, also where the own way extracts them within the time.
#include "kernel/ngram_bag.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "kernels_bench.h"

namespace gulo {
namespace {

constexpr int kItems = 32, kItemBytes = 4096, kLabels = 40, kTailBytes = 16;
constexpr float kRate = 1e-3f;

struct Item {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> ids, sorted_ids;
  size_t n_ids = 0;
  uint32_t part_begin[kNgramBagParts + 1] = {};
  float scale = 0;
  std::vector<float> logits, step;
};

// The own way. A batch goes through extract, forward and update; the loss between them is a fixed gradient.
class OwnBag {
 public:
  OwnBag() : width_(ngram_bag_width(kLabels)), table_(allocate_huge_floats(shape_.n_rows() * width_)), items_(kItems) {
    Rng rng(1);
    for (size_t i = 0; i < shape_.n_rows() * width_; ++i) table_[i] = static_cast<float>(rng.uniform());
    for (Item& item : items_) {
      item.bytes.resize(kItemBytes + kTailBytes);
      for (uint8_t& byte : item.bytes) byte = static_cast<uint8_t>(rng.below(256));
      item.ids.resize(shape_.max_ids(kItemBytes));
      item.sorted_ids.resize(item.ids.size());
      item.logits.resize(width_);
      for (int c = 0; c < width_; ++c) item.step.push_back(kRate * static_cast<float>(rng.uniform() - 0.5));
    }
    seen_.assign(at::get_num_threads(), std::vector<uint64_t>(shape_.bitmap_words()));
    extract();
  }

  void extract() {
    for_each_item([this](Item& item) {
      uint64_t* seen = seen_[at::get_thread_num()].data();
      item.n_ids = ngram_bag_extract_cpu(shape_, item.bytes.data(), kItemBytes, true, seen, item.ids.data());
      item.scale = 1 / std::sqrt(static_cast<float>(item.n_ids + 1));
    });
  }

  void forward() {
    for_each_item([this](Item& item) {
      ngram_bag_forward_cpu(table_.get(), width_, item.ids.data(), item.n_ids, item.logits.data());
      for (float& logit : item.logits) logit *= item.scale;
    });
  }

  void update() {
    for_each_item([this](Item& item) {
      ngram_bag_partition(shape_, item.ids.data(), item.n_ids, item.sorted_ids.data(), item.part_begin);
    });
    at::parallel_for(0, kNgramBagParts, 1, [this](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part)
        for (const Item& item : items_)
          ngram_bag_update_cpu(table_.get(), width_, item.sorted_ids.data() + item.part_begin[part],
                               item.part_begin[part + 1] - item.part_begin[part], item.step.data(), nullptr);
    });
  }

  const NgramBagShape& shape() const { return shape_; }
  const std::vector<Item>& items() const { return items_; }

 private:
  template <class Body>
  void for_each_item(const Body& body) {
    at::parallel_for(0, kItems, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) body(items_[i]);
    });
  }

  NgramBagShape shape_;
  int width_;
  HugePageFloats table_;
  std::vector<Item> items_;
  std::vector<std::vector<uint64_t>> seen_;  // a bitmap a thread
};

class LibtorchBag {
 public:
  explicit LibtorchBag(const OwnBag& own)
      : table_(at::rand({static_cast<int64_t>(own.shape().n_rows()), kLabels}).requires_grad_(true)),
        grad_out_(at::rand({kItems, kLabels}) - 0.5) {
    std::vector<int64_t> ids, offsets;
    std::vector<float> scales;
    for (const Item& item : own.items()) {
      offsets.push_back(static_cast<int64_t>(ids.size()));
      ids.insert(ids.end(), item.ids.begin(), item.ids.begin() + item.n_ids);
      scales.resize(ids.size(), item.scale);
    }
    ids_ = at::tensor(ids);
    offsets_ = at::tensor(offsets);
    scales_ = at::tensor(scales);
  }

  at::Tensor forward() const {
    constexpr int64_t kSum = 0;
    return std::get<0>(
        at::embedding_bag(table_, ids_, offsets_, /*scale_grad_by_freq=*/false, kSum, /*sparse=*/true, scales_));
  }

  void forward_update() {
    forward().backward(grad_out_);
    const c10::NoGradGuard no_grad;
    table_.add_(table_.grad(), -kRate);
    table_.mutable_grad() = at::Tensor();
  }

 private:
  at::Tensor table_, grad_out_, ids_, offsets_, scales_;
};

}  // namespace

void register_ngram_bag() {
  const auto own = std::make_shared<OwnBag>();
  const auto libtorch = std::make_shared<LibtorchBag>(*own);
  const auto add = [](const std::string& pass_and_way, std::function<void()> body) {
    register_way("ngram_bag/40_labels/" + pass_and_way, int64_t{kItems} * kItemBytes, std::move(body));
  };
  const auto libtorch_step = [=] { libtorch->forward_update(); };
  add("forward/own", [=] { own->forward(); });
  add("forward/embedding_bag", [=] {
    const c10::NoGradGuard no_grad;
    benchmark::DoNotOptimize(libtorch->forward());
  });
  add("forward_update/own", [=] { own->forward(), own->update(); });
  add("forward_update/embedding_bag", libtorch_step);
  add("extract_forward_update/own", [=] { own->extract(), own->forward(), own->update(); });
  add("extract_forward_update/embedding_bag", libtorch_step);
}

}  // namespace gulo
