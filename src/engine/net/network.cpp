#include "engine/net/network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/net/byte_stem_layer.h"
#include "engine/net/spec_check.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

constexpr int kMaxTaps = 256;

void check(bool condition, const std::string& what) { check_network(condition, what); }

RowBodySpec body_spec(const NetworkSpec& spec) {
  return {spec.stem_width, spec.stages, spec.attention_heads, spec.n_labels};
}

}  // namespace

Network::Network(const NetworkSpec& spec, uint64_t seed, at::ScalarType dtype)
    : spec_(spec), dtype_(dtype), body_(body_spec(spec)) {
  check_range(spec.taps, 1, kMaxTaps, "taps");
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
  stem_table_ = at::matmul(embedding, turn).contiguous().set_requires_grad(true);
  stem_bias_ = at::zeros({spec.stem_width}).set_requires_grad(true);
  parameters_ = {{"stem.table", stem_table_}, {"stem.bias", stem_bias_}};
  body_.add_parameters(parameters_, generator);
}

int Network::coarse_row_bytes() const { return spec_.taps * body_.rows_per_coarse_row(); }

int64_t Network::n_parameters() const {
  int64_t n = 0;
  for (const Parameter& parameter : parameters_) n += parameter.value.numel();
  return n;
}

at::Tensor Network::forward(const at::Tensor& bytes, const std::vector<int32_t>& begins,
                            const std::vector<int32_t>& ends, const Dropout& dropout) const {
  const at::Tensor keep = row_mask(bytes.size(0) / coarse_row_bytes(), body_.rows_per_coarse_row(), begins, ends);
  return body_.forward(byte_stem(bytes, stem_table_, stem_bias_, keep, dtype_), keep, begins, ends, dropout);
}

double Network::forward_flops(int64_t n_item_rows, int64_t n_items) const {
  return body_.forward_flops(n_item_rows, n_items);
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
    // In place: the body holds the same tensors.
    parameter.value.detach().copy_(stored);
  }
}

}  // namespace gulo
