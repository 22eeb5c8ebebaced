#include "engine/net/network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "engine/net/byte_stem_layer.h"
#include "engine/net/join_rows.h"
#include "engine/net/pool.h"
#include "engine/net/residual_block.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

constexpr int kMaxWidth = 4096, kMaxDepth = 256, kMaxDownsample = 64, kMaxTaps = 256, kMaxHeads = 64;

void check(bool condition, const std::string& what) {
  require(condition, ErrorKind::kData, "the deep network's " + what, "the model is damaged or of another version");
}

void check_range(int value, int least, int most, const std::string& name) {
  check(value >= least && value <= most,
        name + " is " + std::to_string(value) + ", not " + std::to_string(least) + " to " + std::to_string(most));
}

void check_width(int width, const std::string& name) {
  check_range(width, 16, kMaxWidth, name);
  check(width % 16 == 0, name + " is " + std::to_string(width) + ", not a multiple of 16");
}

void check_spec(const NetworkSpec& spec) {
  check_range(spec.taps, 1, kMaxTaps, "taps");
  check_width(spec.stem_width, "stem_width");
  check_range(spec.attention_heads, 0, kMaxHeads, "attention_heads");
  check_range(spec.n_labels, 1, ModelSpec::kMaxLabels, "n_labels");
  for (const StageSpec& stage : spec.stages) {
    check_width(stage.width, "stage width");
    check_range(stage.depth, 0, kMaxDepth, "stage depth");
    check_range(stage.downsample, 1, kMaxDownsample, "stage downsample");
  }
}

// A join changes resolution or width; a stage that changes neither has none.
bool has_join(const StageSpec& stage, int width_before) { return stage.downsample > 1 || stage.width != width_before; }

std::string stage_name(size_t stage) { return "stage" + std::to_string(stage); }
std::string block_name(size_t stage, int block) { return stage_name(stage) + ".block" + std::to_string(block); }

// One byte a row: 0 for the blank ones. `rows_per_coarse_row` is the resolution.
at::Tensor row_mask(int64_t n_coarse_rows, int64_t rows_per_coarse_row, const std::vector<int32_t>& begins,
                    const std::vector<int32_t>& ends) {
  const at::Tensor keep = at::zeros({n_coarse_rows * rows_per_coarse_row}, at::kByte);
  uint8_t* rows = keep.mutable_data_ptr<uint8_t>();
  for (size_t i = 0; i < begins.size(); ++i)
    std::fill(rows + begins[i] * rows_per_coarse_row, rows + ends[i] * rows_per_coarse_row, uint8_t{1});
  return keep;
}

at::Tensor drop(const at::Tensor& x, const Dropout& dropout) {
  if (dropout.rate <= 0) return x;
  const at::Generator generator = at::detail::createCPUGenerator(dropout.seed);
  const double kept = 1 - dropout.rate;
  return x * at::empty_like(x, x.options().requires_grad(false)).bernoulli_(kept, generator).div_(kept);
}

}  // namespace

Network::Network(const NetworkSpec& spec, uint64_t seed, at::ScalarType dtype) : spec_(spec), dtype_(dtype) {
  check_spec(spec);
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto normal = [&](at::IntArrayRef shape, double deviation) {
    return at::empty(shape, at::kFloat).normal_(0, deviation, generator);
  };
  // Every tap gives its row of one shared embedding of the bytes a random turn, so that at first equal bytes mean the
  // same whichever tap sees them, and every output is of unit variance.
  const int64_t embedding_width = 32;
  const at::Tensor embedding = normal({ByteStemShape::kRows, embedding_width}, 1);
  const at::Tensor turn =
      normal({spec.taps, embedding_width, spec.stem_width}, 1 / std::sqrt(embedding_width * spec.taps));
  add("stem.table", at::matmul(embedding, turn).contiguous());
  add("stem.bias", at::zeros({spec.stem_width}));
  int width = spec.stem_width;
  for (size_t s = 0; s < spec.stages.size(); ++s) {
    const StageSpec& stage = spec.stages[s];
    if (has_join(stage, width)) {
      const int64_t k = int64_t{stage.downsample} * width;
      add(stage_name(s) + ".join.weight", normal({k, stage.width}, 1 / std::sqrt(k)), true);
      add(stage_name(s) + ".join.bias", at::zeros({stage.width}));
    }
    width = stage.width;
    for (int b = 0; b < stage.depth; ++b) {
      add(block_name(s, b) + ".w1", normal({3 * width, width}, std::sqrt(2. / (3 * width))), true);
      add(block_name(s, b) + ".b1", at::zeros({width}));
      add(block_name(s, b) + ".w2", normal({width, width}, 0.5 / std::sqrt(width)), true);
      add(block_name(s, b) + ".b2", at::zeros({width}));
    }
  }
  const int64_t pooled = int64_t{2 + spec.attention_heads} * width;
  add("pool.queries", normal({spec.attention_heads, width}, 1 / std::sqrt(width)));
  add("head.weight", at::zeros({pooled, spec.n_labels}));
  add("head.bias", at::zeros({spec.n_labels}));
}

at::Tensor& Network::add(const std::string& name, at::Tensor value, bool hidden_matrix) {
  parameters_.push_back({name, value.set_requires_grad(true), hidden_matrix});
  return parameters_.back().value;
}

const at::Tensor& Network::get(const std::string& name) const {
  return std::find_if(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.name == name; })
      ->value;
}

int Network::coarse_row_bytes() const {
  int bytes = spec_.taps;
  for (const StageSpec& stage : spec_.stages) bytes *= stage.downsample;
  return bytes;
}

int64_t Network::n_parameters() const {
  int64_t n = 0;
  for (const Parameter& parameter : parameters_) n += parameter.value.numel();
  return n;
}

at::Tensor Network::forward(const at::Tensor& bytes, const std::vector<int32_t>& begins,
                            const std::vector<int32_t>& ends, const Dropout& dropout) const {
  const int64_t n_coarse_rows = bytes.size(0) / coarse_row_bytes();
  int64_t rows_per_coarse_row = coarse_row_bytes() / spec_.taps;
  at::Tensor keep = row_mask(n_coarse_rows, rows_per_coarse_row, begins, ends);
  at::Tensor x = byte_stem(bytes, get("stem.table"), get("stem.bias"), keep, dtype_);
  for (size_t s = 0; s < spec_.stages.size(); ++s) {
    const StageSpec& stage = spec_.stages[s];
    if (stage.downsample > 1) {
      rows_per_coarse_row /= stage.downsample;
      keep = row_mask(n_coarse_rows, rows_per_coarse_row, begins, ends);
    }
    if (has_join(stage, static_cast<int>(x.size(1))))
      x = join_rows(x, get(stage_name(s) + ".join.weight"), get(stage_name(s) + ".join.bias"), keep);
    for (int b = 0; b < stage.depth; ++b) {
      const std::string name = block_name(s, b);
      x = residual_block(x, get(name + ".w1"), get(name + ".b1"), get(name + ".w2"), get(name + ".b2"), keep);
    }
  }
  const at::Tensor pooled = pool_items(x, get("pool.queries"), begins, ends);
  const at::Tensor features = drop(at::layer_norm(pooled, {pooled.size(1)}), dropout);
  return at::addmm(get("head.bias"), features, get("head.weight"));
}

double Network::forward_flops(int64_t n_item_rows, int64_t n_items) const {
  double flops = 0, rows = static_cast<double>(n_item_rows) * coarse_row_bytes() / spec_.taps;
  int width = spec_.stem_width;
  for (const StageSpec& stage : spec_.stages) {
    rows /= stage.downsample;
    if (has_join(stage, width)) flops += rows * 2. * stage.downsample * width * stage.width;
    width = stage.width;
    flops += rows * stage.depth * 2. * 4 * width * width;
  }
  return flops + 2. * static_cast<double>(n_items) * (2 + spec_.attention_heads) * width * spec_.n_labels;
}

ParameterBuffers Network::export_parameters() const {
  ParameterBuffers buffers;
  for (const Parameter& parameter : parameters_) {
    const at::Tensor value =
        parameter.value.detach().to(parameter.hidden_matrix ? at::kBFloat16 : at::kFloat).contiguous();
    std::vector<uint8_t>& bytes = buffers.storage.emplace_back(value.nbytes());
    if (!bytes.empty()) std::memcpy(bytes.data(), value.const_data_ptr(), bytes.size());
    TensorView& view = buffers.tensors["deep." + parameter.name];
    view.dtype = parameter.hidden_matrix ? "BF16" : "F32";
    view.shape.assign(value.sizes().begin(), value.sizes().end());
    view.bytes = bytes;
  }
  return buffers;
}

void Network::import_parameters(const TensorMap& tensors) {
  for (Parameter& parameter : parameters_) {
    const std::string name = "deep." + parameter.name;
    const auto found = tensors.find(name);
    check(found != tensors.end(), "tensor " + name + " is absent");
    const TensorView& view = found->second;
    check(
        std::equal(view.shape.begin(), view.shape.end(), parameter.value.sizes().begin(), parameter.value.sizes().end(),
                   [](uint64_t a, int64_t b) { return a == static_cast<uint64_t>(b); }),
        "tensor " + name + " has the wrong shape");
    check(view.dtype == "F32" || view.dtype == "BF16", "tensor " + name + " is neither F32 nor BF16");
    const at::Tensor stored = at::empty(parameter.value.sizes(), view.dtype == "F32" ? at::kFloat : at::kBFloat16);
    check(view.bytes.size() == stored.nbytes(), "tensor " + name + " has the wrong size");
    if (!view.bytes.empty()) std::memcpy(stored.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
    parameter.value = stored.to(at::kFloat).set_requires_grad(true);
  }
}

}  // namespace gulo
