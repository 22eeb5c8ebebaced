// byte_stem against three ways to do its work with LibTorch: 32 items of 4,096 random bytes (the worst case for the
// table's cache), 8 taps.
//
// conv1d         embedding of 32 dimensions, then a convolution with stride == taps
// linear         the same embedding, reshaped, then a linear layer
// embedding_bag  byte_stem's own table of taps * 257 rows, summed by LibTorch
#include "kernel/byte_stem.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <memory>
#include <vector>

#include "kernels_bench.h"

namespace gulo {
namespace {

constexpr int64_t kItems = 32, kItemBytes = 4096, kTaps = 8, kEmbedding = 32;
constexpr int64_t kPositions = kItems * kItemBytes / kTaps;

// Bytes, parameters and the gradient that comes back; everything that a way may prepare before the clock starts.
struct Problem {
  ByteStemShape shape;
  at::ScalarType type;
  at::Tensor bytes, bytes_int64, rows_int64;  // uint16; int64 [items, bytes]; int64 [positions, taps]
  at::Tensor table, table_typed, bias;        // [taps * 257, width], [width]
  at::Tensor embedding, conv_weight, linear_weight, bias_typed;
  at::Tensor grad_out, grad_out_conv;  // [positions, width], [items, width, positions of an item]

  Problem(int width, at::ScalarType type) : shape{kPositions, kTaps, width}, type(type) {
    at::manual_seed(1);
    bytes_int64 = at::randint(256, {kItems, kItemBytes}, at::kLong);
    bytes = bytes_int64.to(at::kUInt16).contiguous();
    rows_int64 = bytes_int64.view({kPositions, kTaps}) + at::arange(kTaps) * ByteStemShape::kRows;
    table = at::randn({kTaps * ByteStemShape::kRows, width});
    bias = at::randn({width});
    table_typed = parameter(table);
    bias_typed = parameter(bias);
    embedding = parameter(at::randn({ByteStemShape::kRows, kEmbedding}));
    conv_weight = parameter(at::randn({width, kEmbedding, kTaps}));
    linear_weight = parameter(at::randn({width, kEmbedding * kTaps}));
    grad_out = at::randn({kPositions, width}).to(type);
    grad_out_conv = grad_out.view({kItems, -1, width}).transpose(1, 2).contiguous();
  }

  at::Tensor parameter(const at::Tensor& values) const { return values.to(type, false, true).requires_grad_(true); }
};

template <class Value>
Value* data(const at::Tensor& tensor) {
  return static_cast<Value*>(tensor.data_ptr());
}

template <class Value>
at::Tensor own_forward(const Problem& p) {
  at::Tensor out = at::empty({kPositions, p.shape.width}, p.type);
  at::parallel_for(0, kPositions, 256, [&](int64_t begin, int64_t end) {
    byte_stem_forward_range(p.shape, data<uint16_t>(p.bytes), data<float>(p.table), data<float>(p.bias),
                            data<Value>(out), begin, end);
  });
  return out;
}

template <class Value>
void own_forward_backward(const Problem& p) {
  const at::Tensor out = own_forward<Value>(p);
  at::Tensor grad_table = at::empty_like(p.table), grad_bias = at::empty_like(p.bias);
  const int n_parts = at::get_num_threads();
  at::parallel_for(0, n_parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part)
      byte_stem_backward_range(p.shape, data<uint16_t>(p.bytes), data<Value>(p.grad_out), data<float>(grad_table),
                               data<float>(grad_bias), static_cast<int>(part), n_parts);
  });
}

at::Tensor conv1d(const Problem& p) {
  const at::Tensor embedded = at::embedding(p.embedding, p.bytes_int64).transpose(1, 2);
  return at::conv1d(embedded, p.conv_weight, p.bias_typed, kTaps);
}

at::Tensor linear(const Problem& p) {
  const at::Tensor embedded = at::embedding(p.embedding, p.bytes_int64).view({kPositions, kTaps * kEmbedding});
  return at::linear(embedded, p.linear_weight, p.bias_typed);
}

at::Tensor embedding_bag(const Problem& p) {
  const at::Tensor offsets = at::arange(0, kPositions * kTaps, kTaps);
  return std::get<0>(at::embedding_bag(p.table_typed, p.rows_int64.view(-1), offsets)) + p.bias_typed;
}

using Way = at::Tensor (*)(const Problem&);

void libtorch_forward(const Problem& p, Way way) {
  const c10::NoGradGuard no_grad;
  benchmark::DoNotOptimize(way(p));
}

void libtorch_forward_backward(const Problem& p, Way way) {
  const at::Tensor out = way(p);
  out.backward(out.dim() == 3 ? p.grad_out_conv : p.grad_out);
  for (const at::Tensor& parameter : {p.table_typed, p.bias_typed, p.embedding, p.conv_weight, p.linear_weight})
    parameter.mutable_grad() = at::Tensor();
}

template <class Value>
void register_type(int width, at::ScalarType type, const std::string& type_name) {
  const auto problem = std::make_shared<Problem>(width, type);
  const std::string setting = "byte_stem/" + std::to_string(width) + "_" + type_name;
  const auto add = [&](const std::string& pass_and_way, std::function<void()> body) {
    register_way(setting + "/" + pass_and_way, kItems * kItemBytes, std::move(body));
  };
  add("forward/own", [=] { benchmark::DoNotOptimize(own_forward<Value>(*problem)); });
  add("forward_backward/own", [=] { own_forward_backward<Value>(*problem); });
  const std::vector<std::pair<std::string, Way>> ways = {
      {"conv1d", conv1d}, {"linear", linear}, {"embedding_bag", embedding_bag}};
  for (const auto& [name, way] : ways) {
    add("forward/" + name, [=, way = way] { libtorch_forward(*problem, way); });
    add("forward_backward/" + name, [=, way = way] { libtorch_forward_backward(*problem, way); });
  }
}

}  // namespace

void register_byte_stem() {
  for (int width : {128, 256}) {
    register_type<float>(width, at::kFloat, "fp32");
    register_type<uint16_t>(width, at::kBFloat16, "bf16");
  }
}

}  // namespace gulo
