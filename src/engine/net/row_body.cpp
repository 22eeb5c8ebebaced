#include "engine/net/row_body.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/net/join_rows.h"
#include "engine/net/pool.h"
#include "engine/net/residual_block.h"
#include "engine/net/slot_rows.h"
#include "engine/net/spec_check.h"

namespace gulo {
namespace {

constexpr int kMaxDepth = 256, kMaxDownsample = 64, kMaxHeads = 64, kMaxRowsPerCoarseRow = 65536;

void check_spec(const RowBodySpec& spec) {
  check_width(spec.width_in, "stem_width");
  check_range(spec.attention_heads, 0, kMaxHeads, "attention_heads");
  check_range(spec.n_labels, 1, ModelSpec::kMaxLabels, "n_labels");
  int64_t rows = 1;
  for (const StageSpec& stage : spec.stages) {
    check_width(stage.width, "stage width");
    check_range(stage.depth, 0, kMaxDepth, "stage depth");
    check_range(stage.downsample, 1, kMaxDownsample, "stage downsample");
    rows *= stage.downsample;
    check_network(rows <= kMaxRowsPerCoarseRow, fmt::format("stages join more than {} rows", kMaxRowsPerCoarseRow));
  }
}

// A join changes resolution or width; a stage that changes neither has none.
bool has_join(const StageSpec& stage, int width_before) { return stage.downsample > 1 || stage.width != width_before; }

at::Tensor drop(const at::Tensor& x, const Dropout& dropout) {
  if (dropout.rate <= 0) return x;
  return x * kept_units(x.sizes(), 0, dropout.part, dropout.rate, at::detail::createCPUGenerator(dropout.seed));
}

}  // namespace

at::Tensor row_mask(int64_t n_coarse_rows, int64_t rows_per_coarse_row, const std::vector<int32_t>& begins,
                    const std::vector<int32_t>& ends) {
  const at::Tensor keep = at::zeros({n_coarse_rows * rows_per_coarse_row}, at::kByte);
  uint8_t* rows = keep.mutable_data_ptr<uint8_t>();
  for (size_t i = 0; i < begins.size(); ++i)
    std::fill(rows + begins[i] * rows_per_coarse_row, rows + ends[i] * rows_per_coarse_row, uint8_t{1});
  return keep;
}

RowBody::RowBody(const RowBodySpec& spec) : spec_(spec) { check_spec(spec); }

void RowBody::add_parameters(std::vector<Parameter>& parameters, const at::Generator& generator) {
  const auto normal = [&](at::IntArrayRef shape, double deviation) {
    return at::empty(shape, at::kFloat).normal_(0, deviation, generator);
  };
  const auto add = [&](const std::string& name, const at::Tensor& value, bool hidden_matrix = false) {
    parameters.push_back({name, value.set_requires_grad(true), hidden_matrix});
    return parameters.back().value;
  };
  int width = spec_.width_in;
  for (size_t s = 0; s < spec_.stages.size(); ++s) {
    const StageSpec& stage = spec_.stages[s];
    const std::string name = "stage" + std::to_string(s);
    Stage& added = stages_.emplace_back();
    if (has_join(stage, width)) {
      const int64_t k = int64_t{stage.downsample} * width;
      added.join_weight = add(name + ".join.weight", normal({k, stage.width}, 1 / std::sqrt(k)), true);
      added.join_bias = add(name + ".join.bias", at::zeros({stage.width}));
    }
    width = stage.width;
    for (int b = 0; b < stage.depth; ++b) {
      const std::string block = name + ".block" + std::to_string(b);
      Block& weights = added.blocks.emplace_back();
      weights.w1 = add(block + ".w1", normal({3 * width, width}, std::sqrt(2. / (3 * width))), true);
      weights.b1 = add(block + ".b1", at::zeros({width}));
      weights.w2 = add(block + ".w2", normal({width, width}, 0.5 / std::sqrt(width)), true);
      weights.b2 = add(block + ".b2", at::zeros({width}));
    }
  }
  const int64_t pooled = int64_t{2 + spec_.attention_heads} * width;
  queries_ = add("pool.queries", normal({spec_.attention_heads, width}, 1 / std::sqrt(width)));
  head_weight_ = add("head.weight", at::zeros({pooled, spec_.n_labels}));
  head_bias_ = add("head.bias", at::zeros({spec_.n_labels}));
}

at::Tensor RowBody::forward(at::Tensor x, at::Tensor keep, const std::vector<int32_t>& begins,
                            const std::vector<int32_t>& ends, const Dropout& dropout) const {
  int64_t rows_per_coarse_row = this->rows_per_coarse_row();
  const int64_t n_coarse_rows = x.size(0) / rows_per_coarse_row;
  for (size_t s = 0; s < stages_.size(); ++s) {
    const Stage& stage = stages_[s];
    if (spec_.stages[s].downsample > 1) {
      rows_per_coarse_row /= spec_.stages[s].downsample;
      keep = row_mask(n_coarse_rows, rows_per_coarse_row, begins, ends);
    }
    if (stage.join_weight.defined()) x = join_rows(x, stage.join_weight, stage.join_bias, keep);
    for (const Block& block : stage.blocks) x = residual_block(x, block.w1, block.b1, block.w2, block.b2, keep);
  }
  const at::Tensor pooled = pool_items(x, queries_, begins, ends);
  const at::Tensor features = drop(at::layer_norm(pooled, {pooled.size(1)}), dropout);
  return at::addmm(head_bias_, features, head_weight_);
}

at::Tensor RowBody::forward_slots(at::Tensor x, at::Tensor keep, int64_t n_slots, double dropout) const {
  for (size_t s = 0; s < stages_.size(); ++s) {
    const Stage& stage = stages_[s];
    // Rows that are joined are all blank or none of them is.
    keep = keep.view({-1, spec_.stages[s].downsample}).select(1, 0).contiguous();
    if (stage.join_weight.defined()) x = slot_join_rows(x, stage.join_weight, stage.join_bias, keep);
    for (const Block& block : stage.blocks) x = slot_residual_block(x, block.w1, block.b1, block.w2, block.b2, keep);
  }
  const at::Tensor pooled = pool_slots(x, queries_, keep, n_slots);
  const at::Tensor features = at::dropout(at::layer_norm(pooled, {pooled.size(1)}), dropout, dropout > 0);
  return at::addmm(head_bias_, features, head_weight_);
}

int RowBody::rows_per_coarse_row() const {
  int rows = 1;
  for (const StageSpec& stage : spec_.stages) rows *= stage.downsample;
  return rows;
}

double RowBody::forward_flops(int64_t n_item_rows, int64_t n_items) const {
  double flops = 0, rows = static_cast<double>(n_item_rows) * rows_per_coarse_row();
  int width = spec_.width_in;
  for (const StageSpec& stage : spec_.stages) {
    rows /= stage.downsample;
    if (has_join(stage, width)) flops += rows * 2. * stage.downsample * width * stage.width;
    width = stage.width;
    flops += rows * stage.depth * 2. * 4 * width * width;
  }
  return flops + 2. * static_cast<double>(n_items) * (2 + spec_.attention_heads) * width * spec_.n_labels;
}

}  // namespace gulo
