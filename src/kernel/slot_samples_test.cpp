// Batches of signals that are drawn on the device: what is drawn, and what is written of it, on the host and on a
// device.
#include "kernel/slot_samples.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "kernel/cuda_test.h"

namespace gulo {
namespace {

// Signals of odd lengths, of every type of value and of one to three channels; some floats are missing.
struct Signals {
  std::vector<uint8_t> arena;
  std::vector<int64_t> begins;
  std::vector<int32_t> extents, types;
  std::vector<std::vector<double>> values;  // in the types' own units

  Signals() {
    Rng rng(4);
    for (const auto& [times, channels, type] : std::vector<std::array<int32_t, 3>>{
             {0, 1, 4}, {1, 2, 2}, {2, 1, 0}, {30, 3, 1}, {40, 1, 2}, {41, 2, 3}, {200, 1, 4}, {333, 3, 2}}) {
      begins.push_back(static_cast<int64_t>(arena.size()));
      extents.insert(extents.end(), {times, channels, 1});
      types.push_back(type);
      values.emplace_back();
      for (int32_t i = 0; i < times * channels; ++i) add(static_cast<SlotValue>(type), rng);
    }
  }

  template <class Value>
  void put_value(Value value, double unit) {
    uint8_t bytes[sizeof(Value)];
    std::memcpy(bytes, &value, sizeof(Value));
    arena.insert(arena.end(), bytes, bytes + sizeof(Value));
    values.back().push_back(static_cast<double>(value) / unit);
  }
  void add(SlotValue type, Rng& rng) {
    const uint64_t bits = rng();
    switch (type) {
      case SlotValue::kUint8:
        return put_value(static_cast<uint8_t>(bits), 255);
      case SlotValue::kUint16:
        return put_value(static_cast<uint16_t>(bits), 65535);
      case SlotValue::kInt16:
        return put_value(static_cast<int16_t>(bits), 32767);
      case SlotValue::kInt32:
        return put_value(static_cast<int32_t>(bits), 2147483647);
      case SlotValue::kFloat32:
        return put_value(
            bits % 9 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(rng.uniform()) - 0.5f, 1);
    }
  }

  uint64_t size() const { return begins.size(); }
  SlotItems view() const { return {arena.data(), begins.data(), nullptr, size()}; }

  // Time i of a draw, by its place as a real number.
  double value(const SampleDraw& draw, uint32_t i, uint32_t channel) const {
    const auto n = static_cast<uint64_t>(extents[3 * draw.item + 1]);
    const auto at_time = [&](uint64_t time) { return values[draw.item][(draw.begin + time) * n + channel]; };
    if (draw.n_seen < 2) return at_time(i);
    const double place = i * (static_cast<double>(draw.step) * 0x1p-32), before = std::floor(place);
    const auto first = static_cast<uint64_t>(before);
    return place == before ? at_time(first) : at_time(first) + (place - before) * (at_time(first + 1) - at_time(first));
  }
};

std::vector<SlotSamplesShape> cases() {
  std::vector<SlotSamplesShape> all;
  for (const int32_t channels : {3, 5})
    for (const uint64_t stretch : {uint64_t{0}, uint64_t{1} << 29})
      for (const uint32_t lead : {1u, 8u})
        all.push_back({.n_slots = 5,
                       .slot_times = 64,
                       .channels = channels,
                       .window_times = 40,
                       .lead_times = lead,
                       .stretch = stretch,
                       .seed = lead});
  return all;
}

struct Result {
  std::vector<float> out;
  std::vector<int32_t> places;
  std::vector<int64_t> owners;

  explicit Result(const SlotSamplesShape& shape)
      : out(size_t{shape.n_slots} * shape.slot_times * static_cast<size_t>(shape.channels), 77),
        places(size_t{shape.n_slots} * 3, -1),
        owners(shape.n_slots, -1) {}

  void expect_drawn(const SlotSamplesShape& shape, const Signals& signals, int64_t step) const {
    for (uint64_t s = 0; s < shape.n_slots; ++s) {
      const SampleDraw draw =
          draw_samples(shape, signals.view(), signals.extents.data(), static_cast<uint64_t>(step) * shape.n_slots + s);
      const auto channels = static_cast<uint32_t>(signals.extents[3 * draw.item + 1]);
      EXPECT_EQ(owners[s], static_cast<int64_t>(draw.item));
      EXPECT_EQ(places[3 * s], static_cast<int32_t>(draw.lead));
      EXPECT_EQ(places[3 * s + 1], static_cast<int32_t>(draw.n_times));
      EXPECT_EQ(places[3 * s + 2], static_cast<int32_t>(channels));
      size_t at = s * shape.slot_times * static_cast<size_t>(shape.channels);
      for (uint32_t time = 0; time < shape.slot_times; ++time)
        for (uint32_t c = 0; c < static_cast<uint32_t>(shape.channels); ++c, ++at) {
          const bool inside = time >= draw.lead && time < draw.lead + draw.n_times && c < channels;
          const double expected = inside ? signals.value(draw, time - draw.lead, c) : 0;
          ASSERT_EQ(std::isnan(out[at]), std::isnan(expected)) << "item " << draw.item << " at " << time << " " << c;
          if (std::isnan(expected)) continue;
          ASSERT_NEAR(out[at], expected, 2e-6) << "item " << draw.item << " at " << time << " " << c;
        }
    }
  }
};

TEST(SlotSamples, DrawsWindowsOfTheSignals) {
  const Signals signals;
  for (const SlotSamplesShape& shape : cases()) {
    std::set<uint64_t> begins, leads, steps;
    int n_heads = 0, n_long = 0;
    for (uint64_t k = 0; k < 3000; ++k) {
      const SampleDraw draw = draw_samples(shape, signals.view(), signals.extents.data(), k);
      const auto times = static_cast<uint64_t>(signals.extents[3 * draw.item]);
      ASSERT_EQ(draw.n_seen, std::min<uint64_t>(times, 40));
      ASSERT_LE(draw.begin + draw.n_seen, times);
      ASSERT_LE(draw.lead + draw.n_times, shape.slot_times);
      if (shape.stretch == 0) {
        ASSERT_EQ(draw.n_times, draw.n_seen);
      }
      leads.insert(draw.lead);
      if (times != 333) continue;
      steps.insert(draw.step);
      begins.insert(draw.begin);
      ++n_long;
      n_heads += draw.begin == 0;
    }
    EXPECT_EQ(leads.size(), shape.lead_times);
    EXPECT_GT(begins.size(), 50u);
    EXPECT_NEAR(n_heads, n_long / 2, n_long / 5);
    EXPECT_EQ(steps.size() > 100, shape.stretch > 0);
  }
}

TEST(SlotSamples, WritesWhatIsDrawn) {
  const Signals signals;
  for (const SlotSamplesShape& shape : cases())
    for (const int64_t step : {0, 1, 7, 20}) {
      Result result(shape);
      run_on_host(SlotSamples{shape, signals.view(), signals.extents.data(), signals.types.data(), &step,
                              result.out.data(), result.places.data(), result.owners.data()});
      result.expect_drawn(shape, signals, step);
    }
}

TEST(SlotSamples, WritesWhatIsDrawnOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Signals signals;
  const CudaVector arena(signals.arena);
  const CudaVector begins(signals.begins);
  const CudaVector extents(signals.extents), types(signals.types);
  for (const SlotSamplesShape& shape : cases())
    for (const int64_t step : {0, 1, 7, 20}) {
      Result result(shape);
      const CudaVector device_step(std::vector<int64_t>{step}), owners(result.owners);
      const CudaVector out(result.out);
      const CudaVector places(result.places);
      const SlotItems items{arena.data(), begins.data(), nullptr, signals.size()};
      slot_samples_cuda(
          {shape, items, extents.data(), types.data(), device_step.data(), out.data(), places.data(), owners.data()},
          nullptr);
      result.out = out.read();
      result.places = places.read();
      result.owners = owners.read();
      result.expect_drawn(shape, signals, step);
    }
}

}  // namespace
}  // namespace gulo
