// The CUDA kernels of ngram_bag against the references: their blocks on the host, themselves on a device.
#include "kernel/ngram_bag_blocks.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "kernel/cuda_test.h"
#include "kernel/ngram_bag_cases.h"

namespace gulo {
namespace {

using ngram_bag_cases::Case, ngram_bag_cases::cases, ngram_bag_cases::some_bytes;

// Three items in one call: the case's, an empty one, and the case's first half.
struct Problem {
  Case c;
  std::vector<uint8_t> x;
  std::vector<uint64_t> begins, seen;
  size_t stride;
  std::vector<uint32_t> ids, counts;

  explicit Problem(const Case& one) : c(one), x(some_bytes(one)) {
    const size_t half = c.n_bytes / 2;
    std::vector<uint8_t> all(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(c.n_bytes));
    all.insert(all.end(), x.begin(), x.begin() + static_cast<std::ptrdiff_t>(half));
    all.resize(all.size() + 16);
    x = all;
    begins = {0, c.n_bytes, c.n_bytes, c.n_bytes + half};
    seen.resize(3 * c.shape.bitmap_words());
    stride = c.shape.max_ids(c.n_bytes);
    ids.resize(3 * stride);
    counts.assign(3, 77);
  }

  std::vector<uint32_t> reference(size_t item) const {
    const size_t n_bytes = begins[item + 1] - begins[item];
    std::vector<uint64_t> bitmap(c.shape.bitmap_words());
    std::vector<uint32_t> found(c.shape.max_ids(n_bytes));
    found.resize(
        ngram_bag_extract_reference(c.shape, x.data() + begins[item], n_bytes, c.head, bitmap.data(), found.data()));
    std::sort(found.begin(), found.end());
    return found;
  }

  void expect_reference_ids() const {
    for (size_t item = 0; item < 3; ++item) {
      const auto expected = reference(item);
      ASSERT_EQ(counts[item], expected.size()) << c.n_bytes << " bytes, item " << item;
      EXPECT_TRUE(
          std::equal(expected.begin(), expected.end(), ids.begin() + static_cast<std::ptrdiff_t>(item * stride)));
    }
    EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), uint64_t{0}), 0u) << "bitmap is left clean";
  }

  // Calls extract(items, seen, ids).
  template <class Extract>
  void extract_on_host(const Extract& extract) {
    extract(NgramBagItems{x.data(), begins.data(), 3, c.n_bytes}, seen.data(),
            NgramBagIds{ids.data(), stride, counts.data(), 3});
  }
};

void extract_blocks(Problem& problem) {
  problem.extract_on_host([&](const NgramBagItems& items, uint64_t* seen, const NgramBagIds& ids) {
    const NgramBagMark mark{problem.c.shape, items, problem.c.head, seen};
    run_on_host(mark);
    const NgramBagCompact compact{problem.c.shape.bitmap_words(), seen, ids};
    run_on_host(compact);
  });
}

struct Weights {
  int width;
  std::vector<float> table, steps, rate, out;

  Weights(const Problem& problem, int n_labels) : width(ngram_bag_width(n_labels)) {
    Rng rng(7);
    table.resize(problem.c.shape.n_rows() * static_cast<size_t>(width));
    steps.resize(3 * static_cast<size_t>(width));
    rate.resize(problem.c.shape.n_rows());
    out.assign(steps.size(), std::numeric_limits<float>::quiet_NaN());
    for (auto* values : {&table, &steps, &rate})
      for (float& value : *values) value = static_cast<float>(rng.uniform() - 0.5);
  }

  // Two updates, without and with rates, and what forward then gives.
  std::vector<double> reference(const Problem& problem) const {
    std::vector<double> table64(table.begin(), table.end()), steps64(steps.begin(), steps.end()), sums(steps.size());
    const auto w = static_cast<size_t>(width);
    for (const float* row_rate : {static_cast<const float*>(nullptr), rate.data()})
      for (size_t item = 0; item < 3; ++item)
        ngram_bag_update_reference(table64.data(), width, problem.ids.data() + item * problem.stride,
                                   problem.counts[item], steps64.data() + item * w, row_rate);
    for (size_t item = 0; item < 3; ++item)
      ngram_bag_forward_reference(table64.data(), width, problem.ids.data() + item * problem.stride,
                                  problem.counts[item], sums.data() + item * w);
    return sums;
  }

  void expect_close(const Problem& problem, const std::vector<double>& expected) const {
    for (size_t i = 0; i < out.size(); ++i)
      ASSERT_NEAR(out[i], expected[i], 1e-5 * (1 + problem.counts[i / static_cast<size_t>(width)]))
          << "width " << width;
  }
};

// The tables of the others are large, and the small ones cover every width.
bool has_small_table(const Case& c) {
  return c.shape.n_rows() * static_cast<size_t>(ngram_bag_width(c.n_labels)) <= 1u << 20;
}

TEST(NgramBagBlocks, ExtractFindsTheReferencesIdsInOrder) {
  for (const Case& c : cases()) {
    Problem problem(c);
    extract_blocks(problem);
    problem.expect_reference_ids();
  }
}

TEST(NgramBagBlocks, ForwardAndUpdateAgreeWithTheReference) {
  int n_tested = 0;
  for (Case c : cases()) {
    if (c.n_bytes == 5000) c.n_labels = 300;  // wider than a block
    if (!has_small_table(c)) continue;
    ++n_tested;
    Problem problem(c);
    extract_blocks(problem);
    Weights weights(problem, c.n_labels);
    const auto expected = weights.reference(problem);
    const NgramBagIds ids{problem.ids.data(), problem.stride, problem.counts.data(), 3};
    for (const float* row_rate : {static_cast<const float*>(nullptr), static_cast<const float*>(weights.rate.data())}) {
      const NgramBagUpdate update{weights.table.data(), weights.width, ids, weights.steps.data(), row_rate};
      run_on_host(update);
    }
    const NgramBagForward forward{weights.table.data(), weights.width, ids, weights.out.data()};
    run_on_host(forward);
    weights.expect_close(problem, expected);
  }
  EXPECT_GT(n_tested, 15);
}

TEST(NgramBagCuda, AgreesWithTheReferenceOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  for (const Case& c : cases()) {
    Problem problem(c);
    const CudaVector x(problem.x);
    const CudaVector begins(problem.begins), seen(problem.seen);
    const CudaVector ids(problem.ids), counts(problem.counts);
    const NgramBagIds device_ids{ids.data(), problem.stride, counts.data(), 3};
    ngram_bag_extract_cuda(c.shape, {x.data(), begins.data(), 3, c.n_bytes}, c.head, seen.data(), device_ids, nullptr);
    problem.ids = ids.read();
    problem.counts = counts.read();
    problem.seen = seen.read();
    problem.expect_reference_ids();
    if (!has_small_table(c)) continue;
    Weights weights(problem, c.n_labels);
    const auto expected = weights.reference(problem);
    const CudaVector table(weights.table), steps(weights.steps), rate(weights.rate), out(weights.out);
    ngram_bag_update_cuda(table.data(), weights.width, device_ids, steps.data(), nullptr, nullptr);
    ngram_bag_update_cuda(table.data(), weights.width, device_ids, steps.data(), rate.data(), nullptr);
    ngram_bag_forward_cuda(table.data(), weights.width, device_ids, out.data(), nullptr);
    weights.out = out.read();
    weights.expect_close(problem, expected);
  }
}

TEST(NgramBagCuda, WithoutADeviceIsAnError) {
  if (!cuda_devices().empty()) GTEST_SKIP() << "there is one";
  uint32_t count = 0;
  EXPECT_THROW(ngram_bag_forward_cuda(nullptr, 1, {nullptr, 0, &count, 1}, nullptr, nullptr), Error);
}

}  // namespace
}  // namespace gulo
