#include "run/wide_scorer.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/rng.h"
#include "data/temporary_tree.h"
#include "data/window_plan.h"
#include "run/predictor.h"

namespace gulo {
namespace {

// A recogniser of 5 labels with random rows; every second row was kept.
class WideModel : public testing::Test {
 protected:
  WideModel() {
    ModelSpec spec;
    spec.labels = {"a", "b", "c", "d", "e"};
    spec.wide = WideSpec{.log2_rows = 12, .window_bytes = 256};
    spec.calibration = {0.5, 0};
    Rng rng(1);
    std::vector<uint8_t> present(4096 / 8);
    size_t n_rows = 0;
    for (auto& byte : present) n_rows += static_cast<size_t>(std::popcount(byte = static_cast<uint8_t>(rng())));
    std::vector<float> scale(n_rows), bias(5);
    std::vector<int8_t> weight(n_rows * 5);
    for (auto& s : scale) s = static_cast<float>(rng.uniform()) / 127;
    for (auto& w : weight) w = static_cast<int8_t>(rng());
    for (auto& b : bias) b = static_cast<float>(rng.uniform());
    const auto bytes = [](const auto& v) {
      return std::span(reinterpret_cast<const uint8_t*>(v.data()), v.size() * sizeof(v[0]));
    };
    save_model(tree_.path("m.gulo"), spec,
               {{"wide.present", {"U8", {present.size()}, bytes(present)}},
                {"wide.scale", {"F32", {n_rows}, bytes(scale)}},
                {"wide.weight", {"I8", {n_rows, 5}, bytes(weight)}},
                {"wide.bias", {"F32", {5}, bytes(bias)}}});
    model_ = load_model(tree_.path("m.gulo"));
  }

  static std::vector<uint8_t> item(size_t n_bytes) {
    Rng rng(n_bytes);
    std::vector<uint8_t> x(n_bytes + 64);
    for (auto& byte : x) byte = static_cast<uint8_t>(rng.below(40));
    return x;
  }

  // The definition in doubles.
  std::vector<double> expected(const std::vector<uint8_t>& x) const {
    const auto shape = ngram_bag_shape(*model_.spec.wide);
    std::vector<uint64_t> present(shape.bitmap_words()), seen(present.size());
    std::memcpy(present.data(), model_.tensors().at("wide.present").bytes.data(), present.size() * 8);
    std::vector<uint32_t> rank(present.size());
    for (size_t w = 1; w < rank.size(); ++w)
      rank[w] = rank[w - 1] + static_cast<uint32_t>(std::popcount(present[w - 1]));
    const Int8Table table{present.data(),
                          rank.data(),
                          model_.tensors().at("wide.weight").as<int8_t>(),
                          model_.tensors().at("wide.scale").as<float>(),
                          model_.tensors().at("wide.scale").n_elements(),
                          5};
    const float* bias = model_.tensors().at("wide.bias").as<float>();
    std::vector<double> logits(bias, bias + 5), sum(5);
    for (const auto& range : prediction_windows(x.size() - 64, 256)) {
      std::vector<uint32_t> ids(shape.max_ids(range.size));
      ids.resize(ngram_bag_extract_reference(shape, x.data() + range.begin, range.size, range.begin == 0, seen.data(),
                                             ids.data()));
      ngram_bag_forward_int8_reference(table, ids.data(), ids.size(), sum.data());
      for (size_t k = 0; k < 5; ++k)
        logits[k] += range.weight * sum[k] / std::sqrt(static_cast<double>(ids.size()) + 1);
    }
    return logits;
  }

  TemporaryTree tree_;
  Model model_;
};

TEST_F(WideModel, ScoresAreTheDefinitionsAtAnyLength) {
  const WideScorer scorer(model_);
  NgramScratch scratch;
  for (const size_t n_bytes : {0, 1, 3, 100, 256, 257, 1000, 5000}) {
    const auto x = item(n_bytes);
    const auto logits = scorer.logits(std::span(x).first(n_bytes), scratch);
    const auto wanted = expected(x);
    for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(logits[k], wanted[k], 1e-4) << n_bytes << " bytes";
  }
}

TEST_F(WideModel, ManyItemsAtOnceGiveWhatEachGivesAlone) {
  const auto predictor = make_predictor(model_, 3);
  std::vector<std::vector<uint8_t>> items;
  std::vector<ItemView> spans;
  for (size_t i = 0; i < 30; ++i) items.push_back(item(i * 37));
  for (const auto& x : items) spans.push_back(bytes_view(std::span(x).first(x.size() - 64)));
  const auto all = predictor->logits_of_all(spans, 3);
  for (size_t i = 0; i < spans.size(); ++i) {
    const auto alone = predictor->logits(spans[i], 0);
    EXPECT_TRUE(std::ranges::equal(alone, std::span(all).subspan(i * 5, 5))) << i;
  }
}

TEST_F(WideModel, ADeepPartNeedsTheEngine) {
  model_.spec.deep.emplace(ByteNetworkSpec());
  EXPECT_FALSE(runs_without_engine(model_.spec));
  EXPECT_THROW(make_predictor(model_, 1), Error);
}

TEST(Softmax, SumsToOneWithoutOverflow) {
  const auto p = softmax(std::vector<float>{1000, 999, -1000});
  EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-6);
  EXPECT_NEAR(p[0], 1 / (1 + std::exp(-1)), 1e-5);
}

}  // namespace
}  // namespace gulo
