#include "engine/net/pixel_body.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "engine/net/grid_convolution.h"
#include "engine/net/grid_kernels.h"
#include "engine/net/row_tiles.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Pictures are worked on in groups of so many positions: enough for a product, few enough for the cache.
constexpr int64_t kGroupRows = 1024;

// [2 or 3, width] rows of a tensor as what the row functions take.
ChannelNorm channel_norm(const at::Tensor& scale_shift) {
  return {read<float>(scale_shift), read<float>(scale_shift) + scale_shift.size(1)};
}

ChannelNormGradient channel_norm_gradient(const at::Tensor& factors) {
  const float* first = read<float>(factors);
  return {first, first + factors.size(1), first + 2 * factors.size(1)};
}

ChannelSums channel_sums(const GradientSums& sums, int64_t part) { return {sums.part(part, 0), sums.part(part, 1)}; }

// What a layer's forward pass leaves for its backward pass.
struct LayerState {
  at::Tensor in;           // [rows in, channels in]: before normalisation, but for the first layer's
  at::Tensor in_norm;      // [2, channels in]; undefined: `in` is taken as it is
  at::Tensor out;          // [rows out, channels out]
  at::Tensor winners;      // [rows out, channels out] bytes, where the layer halves
  at::Tensor mean, scale;  // [channels out] of the batch
  int64_t n_rows = 0;      // that these are means of, in all parts together
};

template <class T>
class LayerKernel {
 public:
  LayerKernel(const PixelLayer& layer, const LayerState& state, const GridLayout& in, const GridLayout& out,
              bool backward)
      : halves_(layer.halves),
        width_in_(state.in.size(1)),
        width_out_(layer.weight.size(1)),
        in_(in),
        out_(out),
        state_(state),
        convolution_(layer.weight, in, backward) {}

  void forward(const GradientSums& sums) const {
    for_each_share(
        [&](int64_t part, const std::vector<GridGroup>& groups) { forward_part(groups, channel_sums(sums, part)); });
  }

  // grad: of the normalised `out` [rows out, channels out] T. weight_sums: of each part, [9 * channels in,
  // channels out]. grad_in: of the normalised `in`, or null; then in_sums is unused.
  void backward(const T* grad, const at::Tensor& factors, const GradientSums& weight_sums, T* grad_in,
                const GradientSums* in_sums) const {
    for_each_share([&](int64_t part, const std::vector<GridGroup>& groups) {
      const ChannelSums sums = grad_in ? channel_sums(*in_sums, part) : ChannelSums{};
      backward_part(groups, grad, channel_norm_gradient(factors), weight_sums.part(part, 0), grad_in, sums);
    });
  }

 private:
  // body(part, its groups of pictures) for n_parts() parts of like many positions, one thread each. How many there are
  // is asked before: a thread among several has its own idea of it.
  template <class Part>
  void for_each_share(const Part& body) const {
    const int64_t parts = n_parts();
    at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) body(part, in_.groups(part, parts, kGroupRows));
      release_tile_hardware();
    });
  }

  // Of a group's rows, with the blank one before them and those behind.
  static int64_t longest(const std::vector<GridGroup>& groups) {
    int64_t rows = 0;
    for (const GridGroup& group : groups) rows = std::max(rows, group.n_rows);
    return 1 + rows + kSpareRows;
  }

  // The group's rows as they go into the convolution.
  void activate(const GridGroup& group, T* activations) const {
    const T* in = read<T>(state_.in) + group.first_row * width_in_;
    if (state_.in_norm.defined())
      activate_rows(in, channel_norm(state_.in_norm), group.n_rows, width_in_, activations);
    else
      std::memcpy(activations, in, group.n_rows * width_in_ * sizeof(T));
  }

  static T* behind_blank_row(T* rows, int64_t width) {
    std::memset(rows, 0, width * sizeof(T));
    return rows + width;
  }

  void forward_part(const std::vector<GridGroup>& mine, const ChannelSums& sums) const {
    Scratch<T> activations(longest(mine) * width_in_);
    Scratch<float> product(longest(mine) * width_out_);
    typename GridConvolution<T>::Work work(convolution_);
    GridRows rows;
    for (const GridGroup& group : mine) {
      if (rows.set(in_.sizes(group))) work.set(in_.sizes(group));
      activate(group, behind_blank_row(activations, width_in_));
      convolution_.multiply(activations, work, product);
      const float* of_rows = product + width_out_;
      const int64_t at = out_.first_row(group.begin) * width_out_;
      if (halves_)
        pool_rows_2x2(of_rows, rows.squares(), rows.n_squares(), width_out_, write<T>(state_.out) + at,
                      write<uint8_t>(state_.winners) + at, sums);
      else
        store_rows(of_rows, group.n_rows, width_out_, write<T>(state_.out) + at, sums);
    }
  }

  void backward_part(const std::vector<GridGroup>& mine, const T* grad, const ChannelNormGradient& factors,
                     float* weight_sums, T* grad_in, const ChannelSums& in_sums) const {
    Scratch<T> activations(longest(mine) * width_in_), grad_rows(longest(mine) * width_out_);
    Scratch<float> product(longest(mine) * width_in_);
    typename GridConvolution<T>::Work work(convolution_);
    GridRows rows;
    for (const GridGroup& group : mine) {
      if (rows.set(in_.sizes(group))) work.set(in_.sizes(group));
      activate(group, behind_blank_row(activations, width_in_));
      T* grad_product = behind_blank_row(grad_rows, width_out_);
      const int64_t at = out_.first_row(group.begin) * width_out_;
      const T* out = read<T>(state_.out) + at;
      if (halves_)
        norm_backward_2x2(grad + at, out, factors, rows.squares(), read<uint8_t>(state_.winners) + at, rows.n_squares(),
                          width_out_, grad_product);
      else
        norm_backward(grad + at, out, factors, group.n_rows, width_out_, grad_product);
      std::memset(grad_product + group.n_rows * width_out_, 0, kSpareRows * width_out_ * sizeof(T));
      convolution_.multiply_back(activations, grad_rows, work, grad_in ? static_cast<float*>(product) : nullptr);
      if (!grad_in) continue;
      const int64_t in_at = group.first_row * width_in_;
      activate_backward(product + width_in_, read<T>(state_.in) + in_at, channel_norm(state_.in_norm), group.n_rows,
                        width_in_, grad_in + in_at, in_sums);
    }
    convolution_.put_weight_gradient(work, weight_sums);
  }

  bool halves_;
  int64_t width_in_, width_out_;
  const GridLayout &in_, &out_;
  const LayerState& state_;
  const GridConvolution<T> convolution_;
};

// [2, width]: normal = x * scale + shift.
at::Tensor norm_of(const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& bias) {
  return at::stack({scale, bias - mean * scale});
}

// Factors of grad, x and 1 in the gradient of a normalisation's input, given the sums over all rows of the gradient of
// its result and of that times x.
at::Tensor norm_gradient_factors(const at::Tensor& mean, const at::Tensor& scale, const at::Tensor& grad_sum,
                                 const at::Tensor& grad_x_sum, int64_t n_rows) {
  const double share = 1. / static_cast<double>(n_rows);
  const at::Tensor along = (grad_x_sum - mean * grad_sum) * scale.square() * scale * share;
  return at::stack({scale, -along, along * mean - scale * grad_sum * share});
}

class Body {
 public:
  Body(const GridLayout& layout, std::vector<PixelLayer> layers, SumOverParts sum)
      : layers_(std::move(layers)), sum_(std::move(sum)) {
    layouts_.push_back(layout);
    for (const PixelLayer& layer : layers_)
      layouts_.push_back(layer.halves ? layouts_.back().halved() : layouts_.back());
  }

  template <class T>
  at::Tensor forward(const at::Tensor& rows, bool training) {
    at::Tensor in = rows, in_norm;
    for (size_t l = 0; l < layers_.size(); ++l) {
      PixelLayer& layer = layers_[l];
      const int64_t width = layer.weight.size(1), n_rows = layouts_[l + 1].n_rows();
      LayerState state{in, in_norm, at::empty({n_rows, width}, rows.options()), {}, {}, {}, n_rows};
      if (layer.halves) state.winners = at::empty({n_rows, width}, at::kByte);
      GradientSums sums({width, width});
      LayerKernel<T>(layer, state, layouts_[l], layouts_[l + 1], false).forward(sums);
      if (training) {
        at::Tensor sum = sums.total(0, {width}), square_sum = sums.total(1, {width});
        sum_all(sum, square_sum, state.n_rows);
        const at::Tensor mean = sum / static_cast<double>(state.n_rows);
        layer.mean.copy_(mean);
        layer.variance.copy_(at::relu(square_sum / static_cast<double>(state.n_rows) - mean.square()));
      }
      state.mean = training ? layer.mean.clone() : layer.mean;
      state.scale = at::rsqrt(layer.variance + kChannelNormEpsilon);
      in = state.out;
      in_norm = norm_of(state.mean, state.scale, layer.bias);
      if (training) states_.push_back(std::move(state));
    }
    last_norm_ = in_norm;
    last_ = in;
    return pool<T>();
  }

  // Gradients of weight and bias of each layer in turn.
  template <class T>
  variable_list backward(const at::Tensor& grad_features) {
    variable_list grads(2 * layers_.size());
    const int64_t last_width = last_.size(1);
    GradientSums sums({last_width, last_width});
    at::Tensor grad = pool_backward<T>(grad_features, sums);
    for (size_t l = layers_.size(); l-- > 0;) {
      const LayerState& state = states_[l];
      const int64_t in = state.in.size(1), out = state.out.size(1);
      const at::Tensor grad_sum = sums.total(0, {out}).clone();
      at::Tensor all_grad_sum = grad_sum, all_grad_x_sum = sums.total(1, {out});
      int64_t n_rows = layouts_[l + 1].n_rows();
      sum_all(all_grad_sum, all_grad_x_sum, n_rows);
      const at::Tensor factors = norm_gradient_factors(state.mean, state.scale, all_grad_sum, all_grad_x_sum, n_rows);
      const LayerKernel<T> kernel(layers_[l], state, layouts_[l], layouts_[l + 1], true);
      GradientSums weight_sums({9 * in * out});
      at::Tensor grad_in;
      if (l > 0) grad_in = at::empty_like(state.in);
      GradientSums in_sums({in, in});
      kernel.backward(read<T>(grad), factors, weight_sums, l > 0 ? write<T>(grad_in) : nullptr, &in_sums);
      grads[2 * l] = weight_sums.total(0, {9 * in, out});
      grads[2 * l + 1] = grad_sum;
      grad = grad_in;
      sums = std::move(in_sums);
    }
    return grads;
  }

 private:
  // Sums of this part's rows become those of all parts'.
  void sum_all(at::Tensor& first, at::Tensor& second, int64_t& n_rows) const {
    if (!sum_) return;
    const at::Tensor all = at::cat(
        {first.to(at::kDouble), second.to(at::kDouble), at::full({1}, static_cast<double>(n_rows), at::kDouble)});
    sum_(all);
    first = all.narrow(0, 0, first.numel()).to(at::kFloat);
    second = all.narrow(0, first.numel(), second.numel()).to(at::kFloat);
    n_rows = all[-1].item<int64_t>();
  }

  template <class T>
  at::Tensor pool() {
    const GridLayout& layout = layouts_.back();
    const int64_t width = last_.size(1), n = static_cast<int64_t>(layout.n_pictures());
    const at::Tensor features = at::empty({n, 2 * width}, at::kFloat);
    max_rows_ = at::empty({n, width}, at::kInt);
    for_each_part(n, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* out = write<float>(features) + i * 2 * width;
        pool_picture(read<T>(last_) + layout.first_row(i) * width, channel_norm(last_norm_), layout.sizes()[i].n_rows(),
                     width, out, out + width, write<int32_t>(max_rows_) + i * width);
      }
    });
    return features;
  }

  template <class T>
  at::Tensor pool_backward(const at::Tensor& grad_features, const GradientSums& sums) const {
    const GridLayout& layout = layouts_.back();
    const int64_t width = last_.size(1);
    const at::Tensor grad = at::empty_like(last_);
    for_each_part(static_cast<int64_t>(layout.n_pictures()), [&](int64_t part, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float* grad_out = read<float>(grad_features) + i * 2 * width;
        const int64_t at = layout.first_row(i) * width;
        pool_picture_backward(grad_out, grad_out + width, read<int32_t>(max_rows_) + i * width, read<T>(last_) + at,
                              channel_norm(last_norm_), layout.sizes()[i].n_rows(), width, write<T>(grad) + at,
                              channel_sums(sums, part));
      }
    });
    return grad;
  }

  std::vector<PixelLayer> layers_;
  SumOverParts sum_;
  std::vector<GridLayout> layouts_;
  std::vector<LayerState> states_;
  at::Tensor last_, last_norm_, max_rows_;
};

// Carries a body from the forward pass to the backward pass.
struct BodyHolder : torch::CustomClassHolder {
  explicit BodyHolder(Body held) : body(std::move(held)) {}
  Body body;
};

at::Tensor run_forward(Body& body, const at::Tensor& rows, bool training) {
  return rows.scalar_type() == at::kBFloat16 ? body.forward<uint16_t>(rows, training)
                                             : body.forward<float>(rows, training);
}

struct PixelBody : torch::autograd::Function<PixelBody> {
  static Variable forward(AutogradContext* ctx, at::TensorList, const at::Tensor& rows,
                          const c10::intrusive_ptr<BodyHolder>& holder) {
    ctx->saved_data["bf16"] = rows.scalar_type() == at::kBFloat16;
    ctx->saved_data["body"] = at::IValue::make_capsule(holder);
    return run_forward(holder->body, rows, true);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    Body& body = c10::static_intrusive_pointer_cast<BodyHolder>(ctx->saved_data["body"].toCapsule())->body;
    const Variable grad = grads[0].contiguous();
    variable_list all = ctx->saved_data["bf16"].toBool() ? body.backward<uint16_t>(grad) : body.backward<float>(grad);
    all.resize(all.size() + 2);  // rows and holder
    return all;
  }
};

}  // namespace

at::Tensor pixel_body(const at::Tensor& rows, const GridLayout& layout, const std::vector<PixelLayer>& layers,
                      bool training, const SumOverParts& sum) {
  Body body(layout, layers, training ? sum : SumOverParts());
  if (!training || !at::GradMode::is_enabled()) {
    const at::NoGradGuard no_grad;
    return run_forward(body, rows, training);
  }
  std::vector<at::Tensor> parameters;
  for (const PixelLayer& layer : layers) parameters.insert(parameters.end(), {layer.weight, layer.bias});
  return PixelBody::apply(at::TensorList(parameters), rows, c10::make_intrusive<BodyHolder>(std::move(body)));
}

}  // namespace gulo
