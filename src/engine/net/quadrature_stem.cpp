#include "engine/net/quadrature_stem.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/rng.h"
#include "base/round_up.h"
#include "engine/feed/packed_samples.h"
#include "engine/net/frame_product.h"
#include "engine/net/join_rows.h"
#include "engine/net/signal_level.h"
#include "engine/net/slot_rows.h"
#include "engine/net/slot_signals.h"
#include "engine/net/spec_check.h"

namespace gulo {
namespace {

constexpr float kFirstLogFloor = -4;

// Frequencies, in cycles a sample, closer to each other where they are low.
double frequency(int filter, const SampleNetworkSpec& spec) {
  if (filter == 0 && spec.linear) return 1e-4;  // a mean, and as its sine a slope
  constexpr double kHighest = 0.48, kPower = 1.3;
  const double lowest = std::min(0.1, 1. / spec.taps);
  const double even = lowest + (kHighest - lowest) * filter / spec.filters;
  return std::pow(even, kPower) * std::pow(kHighest, 1 - kPower);
}

// [taps * channels, 2 * filters]: cosines, then sines, under a Hann window, each column of length 1; each pair of
// filters looks at the channels in proportions of its own.
at::Tensor windowed_waves(const SampleNetworkSpec& spec, const at::Generator& generator) {
  const int64_t taps = spec.taps, channels = spec.input_channels(), n = spec.filters;
  const at::Tensor gains = at::ones({channels, n}, at::kFloat);
  if (channels > 1) gains.normal_(0, 1, generator);
  const at::Tensor waves = at::empty({taps, channels, 2 * n}, at::kFloat);
  auto out = waves.accessor<float, 3>();
  const auto gain = gains.accessor<float, 2>();
  for (int64_t t = 0; t < taps; ++t) {
    const double place = static_cast<double>(t) - 0.5 * static_cast<double>(taps - 1);
    const double window = std::pow(std::cos(std::numbers::pi * place / static_cast<double>(taps + 1)), 2);
    for (int64_t f = 0; f < n; ++f) {
      const double angle = 2 * std::numbers::pi * frequency(static_cast<int>(f), spec) * place;
      for (int64_t c = 0; c < channels; ++c) {
        out[t][c][f] = gain[c][f] * static_cast<float>(window * std::cos(angle));
        out[t][c][n + f] = gain[c][f] * static_cast<float>(window * std::sin(angle));
      }
    }
  }
  const at::Tensor columns = waves.view({taps * channels, 2 * n});
  return columns / columns.norm(2, {0}, true).clamp_min(1e-6);
}

// How one entry's raw values become the stem's.
struct Level {
  const float *offset, *scale;  // [channels], or null: the item's own RMS
};

float finite(float value) { return std::clamp(value, -kLargestRaw, kLargestRaw); }

float rms_scale(const float* values, int64_t n_times, int64_t stride, int64_t channels) {
  double squares = 0;
  int64_t n = 0;
  for (int64_t t = 0; t < n_times; ++t)
    for (int64_t c = 0; c < channels; ++c) {
      const float value = values[t * stride + c];
      if (std::isnan(value)) continue;
      squares += double{finite(value)} * finite(value);
      ++n;
    }
  return static_cast<float>(1 / (std::sqrt(squares / static_cast<double>(std::max<int64_t>(n, 1))) + kLevelFloor));
}

struct SignalShape {
  int64_t n_times, item_channels, channels;
  bool missing;
};

// raw: [n_times, channels]; out: [n_times, channels + missing], zeroed.
template <class T>
void prepare_signal(const SignalShape& shape, const float* raw, const Level& level, T* out) {
  const int64_t out_channels = shape.channels + (shape.missing ? 1 : 0);
  const float item_scale = level.scale ? 1.f : rms_scale(raw, shape.n_times, shape.channels, shape.item_channels);
  for (int64_t t = 0; t < shape.n_times; ++t, raw += shape.channels, out += out_channels) {
    int64_t n_missing = 0;
    for (int64_t c = 0; c < shape.item_channels; ++c) {
      if (std::isnan(raw[c])) {
        ++n_missing;
        continue;
      }
      const float value =
          level.scale ? (finite(raw[c]) - level.offset[c]) * level.scale[c] : finite(raw[c]) * item_scale;
      out[c] = static_cast<T>(std::clamp(value, -kLargestValue, kLargestValue));
    }
    if (shape.missing)
      out[shape.channels] = static_cast<T>(static_cast<float>(n_missing) / static_cast<float>(shape.channels));
  }
}

// [begin, begin + size) of n, at most share * n of them.
struct Stripe {
  int64_t begin, size;
};

Stripe random_stripe(int64_t n, double share, Rng& rng) {
  const auto most = static_cast<uint64_t>(share * static_cast<double>(n));
  const Stripe stripe{static_cast<int64_t>(rng.below(static_cast<uint64_t>(n))),
                      static_cast<int64_t>(rng.below(std::max<uint64_t>(most, 1)))};
  return {stripe.begin, std::min(stripe.size, n - stripe.begin)};
}

// [n_rows, n_columns]: 0 in stripes and blank rows, else 1.
at::Tensor stripe_mask(const Batch& batch, const at::Tensor& keep, int64_t rows_per_coarse_row, int64_t n_columns,
                       const StripeMask& stripes) {
  const at::Tensor mask = keep.to(at::kFloat).unsqueeze(1).expand({keep.size(0), n_columns}).contiguous();
  float* values = mask.mutable_data_ptr<float>();
  Rng rng(stripes.seed);
  for (int64_t i = 0; i < 4 * batch.first_entry; ++i) rng();  // of the entries before a part, four numbers each
  for (size_t i = 0; i < batch.begins.size(); ++i) {
    const int64_t begin = batch.begins[i] * rows_per_coarse_row, end = batch.ends[i] * rows_per_coarse_row;
    const Stripe columns = random_stripe(n_columns, stripes.frequencies, rng);
    const Stripe rows = random_stripe(end - begin, stripes.times, rng);
    for (int64_t r = begin; r < end; ++r) std::fill_n(values + r * n_columns + columns.begin, columns.size, 0.f);
    std::fill_n(values + (begin + rows.begin) * n_columns, rows.size * n_columns, 0.f);
  }
  return mask;
}

// [n_rows, 1]: each entry's rate, else 0.
at::Tensor rate_column(const Batch& batch, int64_t n_rows, int64_t rows_per_coarse_row) {
  const at::Tensor column = at::zeros({n_rows, 1}, at::kFloat);
  float* values = column.mutable_data_ptr<float>();
  const float* rates = batch.values[kRates].const_data_ptr<float>();
  for (size_t i = 0; i < batch.begins.size(); ++i)
    std::fill(values + batch.begins[i] * rows_per_coarse_row, values + batch.ends[i] * rows_per_coarse_row, rates[i]);
  return column;
}

// Of a row, before the linear layer: with room for the rate.
int64_t n_features(const SampleNetworkSpec& spec) {
  return round_up_to_16(int64_t{spec.linear ? 3 : 1} * spec.filters + 1);
}

}  // namespace

int gap_rows(const SampleNetworkSpec& spec, int coarse_row_samples) {
  const int overhang = spec.taps - spec.stride - (spec.taps - spec.stride) / 2;
  return std::max(1, (overhang + coarse_row_samples - 1) / coarse_row_samples);
}

QuadratureStem::QuadratureStem(const SampleNetworkSpec& spec, at::ScalarType dtype) : spec_(spec), dtype_(dtype) {
  check_range(spec.taps, 1, 65536, "taps");
  check_range(spec.stride, 1, spec.taps, "stride");
  check_range(spec.filters, 8, 4096, "filters");
  check_network(spec.filters % 8 == 0, "filters are " + std::to_string(spec.filters) + ", not a multiple of 8");
  check_range(spec.channels, 1, SampleNetworkSpec::kMaxChannels, "channels");
}

void QuadratureStem::add_parameters(std::vector<Parameter>& parameters, const at::Generator& generator) {
  const auto add = [&](const std::string& name, const at::Tensor& value, bool trained = true) {
    parameters.push_back({.name = name, .value = value.set_requires_grad(trained), .trained = trained});
    return parameters.back().value;
  };
  const int64_t n = spec_.filters, features = n_features(spec_);
  filters_ = add("stem.filters", windowed_waves(spec_, generator));
  floor_ = add("stem.floor", at::full({n}, kFirstLogFloor, at::kFloat));
  weight_ = add("stem.weight", at::empty({features, spec_.stem_width}, at::kFloat)
                                   .normal_(0, 1 / std::sqrt(static_cast<double>(features)), generator));
  bias_ = add("stem.bias", at::zeros({spec_.stem_width}));
  if (spec_.item_level) return;
  offset_ = add("stem.offset", at::zeros({spec_.channels}), false);
  scale_ = add("stem.scale", at::ones({spec_.channels}), false);
}

void QuadratureStem::set_level(const std::vector<float>& offset, const std::vector<float>& scale) {
  std::copy(offset.begin(), offset.end(), offset_.mutable_data_ptr<float>());
  std::copy(scale.begin(), scale.end(), scale_.mutable_data_ptr<float>());
}

// [overhang + n_times + what frames see behind, channels]: zero wherever no item lies.
at::Tensor QuadratureStem::prepared_signal(const Batch& batch) const {
  const at::Tensor& signal = batch.values[kSignal];
  const int64_t channels = spec_.input_channels(), lead = overhang();
  const int64_t frame_values = round_up_to_16(spec_.taps * channels);
  const at::Tensor out = at::zeros({(signal.size(0) - spec_.stride) * channels + frame_values}, dtype_);
  const int64_t* places = batch.values[kPlaces].const_data_ptr<int64_t>();
  const Level level{spec_.item_level ? nullptr : offset_.const_data_ptr<float>(),
                    spec_.item_level ? nullptr : scale_.const_data_ptr<float>()};
  at::parallel_for(0, static_cast<int64_t>(batch.begins.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = places[3 * i];
      const SignalShape shape{places[3 * i + 1], places[3 * i + 2], spec_.channels, spec_.missing};
      const float* raw = signal.const_data_ptr<float>() + first * spec_.channels;
      const int64_t at = (lead + first) * channels;
      if (dtype_ == at::kBFloat16)
        prepare_signal(shape, raw, level, out.mutable_data_ptr<c10::BFloat16>() + at);
      else
        prepare_signal(shape, raw, level, out.mutable_data_ptr<float>() + at);
    }
  });
  return out;
}

at::Tensor QuadratureStem::bands_of(const at::Tensor& waves) const {
  const at::Tensor energy = waves.square().view({waves.size(0), 2, spec_.filters}).sum(1);
  return at::layer_norm(at::log(energy + at::exp(floor_)), {spec_.filters});
}

// What the linear layer sees; rates: [n_rows, 1].
at::Tensor QuadratureStem::columns_of(const at::Tensor& bands, const at::Tensor& waves, const at::Tensor& rates) const {
  std::vector<at::Tensor> columns = {bands};
  if (spec_.linear) columns.push_back(at::asinh(waves));
  const int64_t n_blank = n_features(spec_) - int64_t{spec_.linear ? 3 : 1} * spec_.filters - 1;
  columns.push_back(at::constant_pad_nd(rates, {0, n_blank}));
  return at::cat(columns, 1).to(dtype_);
}

at::Tensor QuadratureStem::forward(const Batch& batch, const at::Tensor& keep, int rows_per_coarse_row,
                                   const StripeMask& stripes) const {
  const int64_t n_rows = keep.size(0), k = filters_.size(0);
  const at::Tensor filters = k % 16 == 0 ? filters_ : at::constant_pad_nd(filters_, {0, 0, 0, round_up_to_16(k) - k});
  const at::Tensor waves =
      frame_product(prepared_signal(batch), filters, n_rows, int64_t{spec_.stride} * spec_.input_channels());
  at::Tensor bands = bands_of(waves);
  if (stripes.frequencies > 0 || stripes.times > 0)
    bands = bands * stripe_mask(batch, keep, rows_per_coarse_row, spec_.filters, stripes);
  return join_rows(columns_of(bands, waves, rate_column(batch, n_rows, rows_per_coarse_row)), weight_, bias_, keep);
}

at::Tensor QuadratureStem::forward_slots(const SlotBatch& batch, const at::Tensor& keep,
                                         const StripeMask& stripes) const {
  const int64_t n_rows = keep.size(0), n_slots = batch.n_slots;
  const at::Tensor signals = slot_signals(batch, {offset_, scale_}, spec_.missing, dtype_);
  const at::Tensor waves = at::mm(slot_frames(signals, spec_.taps, spec_.stride), filters_.to(dtype_)).to(at::kFloat);
  at::Tensor bands = bands_of(waves);
  if (stripes.frequencies > 0 || stripes.times > 0) bands = bands * slot_stripes(keep, n_slots, spec_.filters, stripes);
  const at::Tensor rates = batch.values[2].view({-1, 1}).expand({n_slots, n_rows / n_slots}).reshape({-1, 1});
  return slot_join_rows(columns_of(bands, waves, rates), weight_, bias_, keep);
}

double QuadratureStem::forward_flops(int64_t n_rows) const {
  const double filters = 2. * spec_.filters * spec_.taps * spec_.input_channels();
  const double linear = static_cast<double>(n_features(spec_)) * spec_.stem_width;
  return 2. * static_cast<double>(n_rows) * (filters + linear);
}

}  // namespace gulo
