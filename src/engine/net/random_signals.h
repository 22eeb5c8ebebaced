// Networks and signals for the tests of sample networks.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/net/sample_network.h"

namespace gulo {

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInf = std::numeric_limits<float>::infinity();

inline SampleNetworkSpec sound_spec(int channels = 1) {
  SampleNetworkSpec spec;
  spec.taps = 64;
  spec.stride = 16;
  spec.filters = 16;
  spec.channels = channels;
  spec.stem_width = 32;
  spec.stages = {{32, 1, 1}, {48, 1, 2}};
  spec.attention_heads = 2;
  spec.window_samples = 512;
  spec.n_labels = 3;
  return spec;
}

// Few taps, several channels, missing values; 3 * 5 values a frame are no multiple of 16.
inline SampleNetworkSpec series_spec() {
  SampleNetworkSpec spec = sound_spec(2);
  spec.taps = 5;
  spec.stride = 2;
  spec.missing = spec.linear = true;
  spec.item_level = false;
  return spec;
}

struct Signal {
  std::vector<float> values;
  uint32_t channels = 1, rate_hz = 0;

  ItemView view() const {
    const auto n_times = static_cast<uint32_t>(values.size() / channels);
    return {{ValueType::kFloat32, {n_times, channels, 1}, rate_hz},
            {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(float)}};
  }
};

inline Signal noise(int64_t n_times, uint32_t channels = 1, uint32_t rate_hz = 0) {
  const at::Tensor values = at::randn({n_times * channels});
  const float* data = values.const_data_ptr<float>();
  return {{data, data + values.numel()}, channels, rate_hz};
}

}  // namespace gulo
