#include "kernel/kernel_check.h"

#include <fmt/core.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "base/rng.h"
#include "kernel/byte_stem.h"
#include "kernel/ngram_bag.h"

namespace gulo {

namespace {

constexpr double kTolerance = 1e-4;

template <class A, class B>
double worst_difference(const A& a, const B& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return std::isnan(worst) ? INFINITY : worst;
}

std::vector<uint8_t> some_bytes(size_t n) {
  Rng rng(1);
  std::vector<uint8_t> x(n + 16);
  for (auto& byte : x) byte = static_cast<uint8_t>(rng());
  return x;
}

std::vector<uint32_t> sorted_ids(decltype(ngram_bag_extract_cpu)* extract, const NgramBagShape& shape) {
  const auto x = some_bytes(1000);
  std::vector<uint64_t> seen(shape.bitmap_words());
  std::vector<uint32_t> ids(shape.max_ids(1000));
  ids.resize(extract(shape, x.data(), 1000, true, seen.data(), ids.data()));
  std::sort(ids.begin(), ids.end());
  return ids;
}

double test_extract() {
  const NgramBagShape shape;
  return sorted_ids(ngram_bag_extract_cpu, shape) == sorted_ids(ngram_bag_extract_reference, shape) ? 0 : INFINITY;
}

double test_bag() {
  const NgramBagShape shape{12, 0x0f, 0x1c, 64};
  const auto ids = sorted_ids(ngram_bag_extract_reference, shape);
  double worst = 0;
  for (const int width : {2, 48}) {
    Rng rng(2);
    std::vector<float> table(shape.n_rows() * static_cast<size_t>(width)), step(static_cast<size_t>(width)),
        out(step.size());
    for (auto& w : table) w = static_cast<float>(rng.uniform() - 0.5);
    for (auto& s : step) s = static_cast<float>(rng.uniform());
    std::vector<double> table_reference(table.begin(), table.end()), step_reference(step.begin(), step.end()),
        expected(out.size());
    ngram_bag_update_cpu(table.data(), width, ids.data(), ids.size(), step.data(), nullptr);
    ngram_bag_update_reference(table_reference.data(), width, ids.data(), ids.size(), step_reference.data(), nullptr);
    ngram_bag_forward_cpu(table.data(), width, ids.data(), ids.size(), out.data());
    ngram_bag_forward_reference(table_reference.data(), width, ids.data(), ids.size(), expected.data());
    worst = std::max(worst, worst_difference(out, expected) / static_cast<double>(ids.size()));
  }
  return worst;
}

double test_int8_bag() {
  const NgramBagShape shape{12, 0x0f, 0x1c, 64};
  const auto ids = sorted_ids(ngram_bag_extract_reference, shape);
  constexpr int kLabels = 40;
  Rng rng(3);
  std::vector<uint64_t> present(shape.bitmap_words());
  std::vector<uint32_t> rank(present.size());
  size_t n_rows = 0;
  for (size_t w = 0; w < present.size(); ++w) {
    rank[w] = static_cast<uint32_t>(n_rows);
    n_rows += static_cast<size_t>(std::popcount(present[w] = rng()));
  }
  std::vector<int8_t> weight(n_rows * kLabels);
  std::vector<float> scale(n_rows), out(kLabels);
  for (auto& w : weight) w = static_cast<int8_t>(rng());
  for (auto& s : scale) s = static_cast<float>(rng.uniform()) / 127;
  const Int8Table table{present.data(), rank.data(), weight.data(), scale.data(), n_rows, kLabels};
  std::vector<double> expected(kLabels);
  ngram_bag_forward_int8_cpu(table, ids.data(), ids.size(), out.data());
  ngram_bag_forward_int8_reference(table, ids.data(), ids.size(), expected.data());
  return worst_difference(out, expected) / static_cast<double>(ids.size());
}

double test_byte_stem() {
  const ByteStemShape shape{64, 8, 64};
  const size_t n_out = shape.n_positions * static_cast<size_t>(shape.width);
  const auto bytes = some_bytes(shape.n_positions * static_cast<size_t>(shape.taps));
  Rng rng(4);
  std::vector<uint16_t> x(shape.n_positions * static_cast<size_t>(shape.taps));
  for (size_t i = 0; i < x.size(); ++i) x[i] = i % 50 == 0 ? ByteStemShape::kPad : bytes[i];
  std::vector<float> table(shape.table_elements()), bias(static_cast<size_t>(shape.width), 0.5f), out(n_out),
      grad(n_out), grad_table(table.size()), grad_bias(bias.size());
  for (auto& w : table) w = static_cast<float>(rng.uniform() - 0.5);
  for (auto& g : grad) g = static_cast<float>(rng.uniform() - 0.5);
  const std::vector<double> table_reference(table.begin(), table.end()), bias_reference(bias.begin(), bias.end()),
      grad_reference(grad.begin(), grad.end());
  std::vector<double> expected(n_out), expected_table(table.size()), expected_bias(bias.size());
  byte_stem_forward_cpu(shape, x.data(), table.data(), bias.data(), out.data(), 1);
  byte_stem_forward_reference(shape, x.data(), table_reference.data(), bias_reference.data(), expected.data());
  byte_stem_backward_cpu(shape, x.data(), grad.data(), grad_table.data(), grad_bias.data(), 1);
  byte_stem_backward_reference(shape, x.data(), grad_reference.data(), expected_table.data(), expected_bias.data());
  return std::max({worst_difference(out, expected), worst_difference(grad_table, expected_table),
                   worst_difference(grad_bias, expected_bias)});
}

}  // namespace

std::string kernel_target() {
  const int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(supported & -supported);  // the lowest bit is the best
}

std::vector<SelfTest> self_test_kernels() {
  const std::pair<const char*, std::function<double()>> tests[] = {{"ngram_bag extract", test_extract},
                                                                   {"ngram_bag forward and update", test_bag},
                                                                   {"ngram_bag forward from 8 bits", test_int8_bag},
                                                                   {"byte_stem forward and backward", test_byte_stem}};
  std::vector<SelfTest> results;
  int64_t disabled = 0;
  for (const auto& [name, test] : tests) {
    SelfTest result{name, false, test(), ""};
    while (!(result.worst_error <= kTolerance)) {
      const int64_t supported = hwy::SupportedTargets() & HWY_TARGETS, best = supported & -supported;
      if (supported == best) break;  // nothing left to fall back to
      result.remark += fmt::format("{} gave wrong numbers and is switched off; ", hwy::TargetName(best));
      hwy::DisableTargets(disabled |= best);
      hwy::GetChosenTarget().DeInit();  // the next call chooses anew
      result.worst_error = test();
    }
    result.passed = result.worst_error <= kTolerance;
    results.push_back(result);
  }
  return results;
}

}  // namespace gulo
