// One table of cases: reference against CPU, values and updates.
#include "kernel/ngram_bag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "kernel/ngram_bag_cases.h"

namespace gulo {
namespace {

using ngram_bag_cases::Case, ngram_bag_cases::cases, ngram_bag_cases::some_bytes;

std::vector<uint32_t> extract_with(decltype(ngram_bag_extract_cpu)* extract, const Case& c) {
  const auto x = some_bytes(c);
  std::vector<uint64_t> seen(c.shape.bitmap_words());
  std::vector<uint32_t> ids(c.shape.max_ids(c.n_bytes));
  ids.resize(extract(c.shape, x.data(), c.n_bytes, c.head, seen.data(), ids.data()));
  EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), uint64_t{0}), 0u) << "bitmap is left clean";
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(NgramBag, ExtractFindsTheReferencesIds) {
  for (const auto& c : cases()) {
    const auto ids = extract_with(ngram_bag_extract_cpu, c);
    EXPECT_EQ(ids, extract_with(ngram_bag_extract_reference, c)) << c.n_bytes << " bytes";
    EXPECT_EQ(std::set<uint32_t>(ids.begin(), ids.end()).size(), ids.size()) << "distinct";
    EXPECT_TRUE(ids.empty() || ids.back() < c.shape.n_rows());
  }
}

TEST(NgramBag, CountsDistinctNgrams) {
  const NgramBagShape shape{24, 0x03, 0, 0};  // orders 1 and 2
  const std::vector<uint8_t> x{1, 2, 1, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  std::vector<uint64_t> seen(shape.bitmap_words());
  std::vector<uint32_t> ids(shape.max_ids(6));
  EXPECT_EQ(ngram_bag_extract_cpu(shape, x.data(), 6, false, seen.data(), ids.data()), 3u + 3u);  // 1 2 3, 12 21 13
}

TEST(NgramBag, PositionsMatterInTheHeadOnly) {
  const Case c{100, 256, {22, 0x01, 0, 64}, true, 2};
  Case shifted = c;
  shifted.head = false;
  EXPECT_GT(extract_with(ngram_bag_extract_cpu, c).size(), extract_with(ngram_bag_extract_cpu, shifted).size() + 150);
}

TEST(NgramBag, PartitionKeepsAllIdsInOrder) {
  const Case c{3000, 256, {}, true, 2};
  const auto x = some_bytes(c);
  std::vector<uint64_t> seen(c.shape.bitmap_words());
  std::vector<uint32_t> ids(c.shape.max_ids(c.n_bytes));
  ids.resize(ngram_bag_extract_cpu(c.shape, x.data(), c.n_bytes, true, seen.data(), ids.data()));
  std::vector<uint32_t> sorted(ids.size());
  uint32_t begin[kNgramBagParts + 1];
  ngram_bag_partition(c.shape, ids.data(), ids.size(), sorted.data(), begin);
  std::stable_sort(ids.begin(), ids.end(), [](uint32_t a, uint32_t b) { return a >> 16 < b >> 16; });
  EXPECT_EQ(sorted, ids);
  EXPECT_EQ(begin[kNgramBagParts], ids.size());
}

TEST(NgramBag, ForwardAndUpdateAgreeWithTheReference) {
  for (const auto& c : cases()) {
    const int width = ngram_bag_width(c.n_labels);
    const auto ids = extract_with(ngram_bag_extract_cpu, c);
    const size_t n = c.shape.n_rows() * static_cast<size_t>(width);
    if (n > (1u << 23)) continue;  // the small tables cover every width
    Rng rng(7);
    auto table = allocate_huge_floats(n);
    std::vector<double> table_reference(n);
    for (size_t i = 0; i < n; ++i) table_reference[i] = table[i] = static_cast<float>(rng.uniform() - 0.5);
    std::vector<float> out(static_cast<size_t>(width)), step(out.size());
    std::vector<double> expected(out.size()), step_reference(out.size());
    for (size_t i = 0; i < step.size(); ++i) step_reference[i] = step[i] = static_cast<float>(rng.uniform());
    std::vector<float> rate(c.shape.n_rows());
    for (auto& r : rate) r = static_cast<float>(rng.uniform());
    for (const float* row_rate : {static_cast<const float*>(nullptr), static_cast<const float*>(rate.data())}) {
      ngram_bag_update_cpu(table.get(), width, ids.data(), ids.size(), step.data(), row_rate);
      ngram_bag_update_reference(table_reference.data(), width, ids.data(), ids.size(), step_reference.data(),
                                 row_rate);
    }
    ngram_bag_forward_cpu(table.get(), width, ids.data(), ids.size(), out.data());
    ngram_bag_forward_reference(table_reference.data(), width, ids.data(), ids.size(), expected.data());
    for (size_t i = 0; i < out.size(); ++i)
      ASSERT_NEAR(out[i], expected[i], 1e-5 * (1.0 + static_cast<double>(ids.size()))) << "width " << width;
  }
}

// d (sum of rows . g) / d row = g for each distinct id, by central differences on the reference.
TEST(NgramBag, UpdateIsTheGradientStep) {
  const NgramBagShape shape{8, 0x07, 0, 0};
  const Case c{40, 5, shape, false, 4};
  const auto ids = extract_with(ngram_bag_extract_reference, c);
  std::vector<double> table(shape.n_rows() * 4, 0.25), out(4), g{0.5, -1, 2, 0.125};
  const auto loss = [&] {
    ngram_bag_forward_reference(table.data(), 4, ids.data(), ids.size(), out.data());
    return std::inner_product(out.begin(), out.end(), g.begin(), 0.0);
  };
  std::vector<double> gradient(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] += 1e-3;
    const double above = loss();
    table[i] -= 2e-3;
    gradient[i] = (above - loss()) / 2e-3;
    table[i] += 1e-3;
  }
  auto stepped = table;
  ngram_bag_update_reference(stepped.data(), 4, ids.data(), ids.size(), g.data(), nullptr);
  for (size_t i = 0; i < table.size(); ++i) EXPECT_NEAR(table[i] - stepped[i], gradient[i], 1e-9);
}

TEST(NgramBag, Int8ForwardAgreesWithTheReference) {
  for (const int n_labels : {1, 2, 3, 15, 16, 17, 40, 62, 64, 100, 130}) {
    const NgramBagShape shape{14, 0x0f, 0x1c, 64};
    Rng rng(static_cast<uint64_t>(n_labels));
    std::vector<uint64_t> present(shape.bitmap_words());
    std::vector<uint32_t> rank(present.size());
    for (size_t w = 0, kept = 0; w < present.size(); ++w) {
      rank[w] = static_cast<uint32_t>(kept);
      kept += static_cast<size_t>(std::popcount(present[w] = rng() & rng()));
    }
    const size_t n_rows = rank.back() + static_cast<size_t>(std::popcount(present.back()));
    std::vector<int8_t> weight(n_rows * static_cast<size_t>(n_labels));
    std::vector<float> scale(n_rows);
    for (auto& w : weight) w = static_cast<int8_t>(rng());
    for (auto& s : scale) s = static_cast<float>(rng.uniform());
    const Int8Table table{present.data(), rank.data(), weight.data(), scale.data(), n_rows, n_labels};
    std::vector<uint32_t> ids(shape.n_rows());
    std::iota(ids.begin(), ids.end(), 0u);  // all rows: the last ones too
    std::vector<float> out(static_cast<size_t>(n_labels));
    std::vector<double> expected(out.size());
    ngram_bag_forward_int8_cpu(table, ids.data(), ids.size(), out.data());
    ngram_bag_forward_int8_reference(table, ids.data(), ids.size(), expected.data());
    for (size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], expected[i], 1e-5 * 64 * static_cast<double>(n_rows));
  }
}

TEST(NgramBag, WidthsAreThoseTheKernelsTake) {
  EXPECT_EQ(ngram_bag_width(2), 2);
  EXPECT_EQ(ngram_bag_width(3), 4);
  EXPECT_EQ(ngram_bag_width(9), 16);
  EXPECT_EQ(ngram_bag_width(62), 64);
}

}  // namespace
}  // namespace gulo
