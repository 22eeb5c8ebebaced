// slot_samples: a training batch of signals, drawn, cut, moved, stretched, padded and widened to float on the device
// that holds the corpus.
//
// As slot_bytes.h, which see: slot s of step t shows item number k = t * n_slots + s of an endless row, and k alone
// says how. What is drawn of a signal is what engine/feed/sample_feed.h draws: the whole of it or, of a long one, its
// head or as often a window anywhere (data/window_plan.h), made up to `stretch` shorter or longer by linear
// interpolation, behind up to lead_times - 1 zeros.
//
// Shapes  signals: [times, channels] of any SlotValue, in SlotItems' arena; extents: int32 [n_items, 3]; types: int32
//         [n_items]; out: float [n_slots, slot_times, channels], in the types' own units, NaN where a value is missing,
//         zero outside of the signal and of its own channels; places: int32 [n_slots, 3], first time, number of times,
//         number of channels; owners: int64 [n_slots], the item that a slot shows. slot_times >= lead_times +
//         window_times / (1 - stretch), which is the caller's business.
// Cost    reads a value's bytes twice where it is stretched, writes 4: the memory's bandwidth.
// Threads one block a slot, a thread a value after another.
// Error   what is drawn: none, whole numbers; values: to one rounding of float.
#pragma once

#include "kernel/host_device.h"
#include "kernel/slot_bytes.h"
#include "kernel/slot_values.h"

namespace gulo {

struct SlotSamplesShape {
  uint32_t n_slots = 0, slot_times = 0;
  int32_t channels = 1;  // the most of any item
  uint32_t window_times = 65536;
  uint32_t lead_times = 1;
  uint64_t stretch = 0;  // counted in 2^-32, below 2^31
  uint64_t seed = 0;
};

struct SampleDraw {
  uint64_t item = 0, begin = 0;  // begin: within the item
  uint32_t n_seen = 0;           // times of the item
  uint32_t n_times = 0, lead = 0;
  uint64_t step = uint64_t{1} << 32;  // from one time to the next, counted in 2^-32 of one of the item's
  int64_t from = 0;                   // of the item, in the arena
};

// What number k of the endless row shows.
GULO_HOST_DEVICE inline SampleDraw draw_samples(const SlotSamplesShape& shape, const SlotItems& items,
                                                const int32_t* extents, uint64_t k) {
  const SlotPlace at = place_of(items, shape.seed, k);
  SampleDraw draw;
  draw.item = at.item;
  draw.from = at.from;
  Rng rng(shape.seed ^ (k + 1) * 0xD6E8FEB86659FD93ull);
  const auto size = static_cast<uint32_t>(extents[3 * draw.item]);
  draw.n_seen = size < shape.window_times ? size : shape.window_times;
  const bool anywhere = rng.below(2) != 0;
  const uint64_t place = rng.below(uint64_t{size - draw.n_seen} + 1);
  draw.begin = anywhere ? place : 0;
  draw.step += rng.below(2 * shape.stretch + 1);
  draw.step -= shape.stretch;
  draw.n_times = draw.n_seen;
  if (shape.stretch > 0 && draw.n_seen > 1)
    draw.n_times = static_cast<uint32_t>((uint64_t{draw.n_seen - 1} << 32) / draw.step + 1);
  draw.lead = static_cast<uint32_t>(rng.below(shape.lead_times));
  return draw;
}

// Integers in units of their type's largest.
GULO_HOST_DEVICE inline float sample_value(SlotValue type, const uint8_t* bytes, uint64_t index) {
  switch (type) {
    case SlotValue::kUint8:
      return in_unit(value_at<uint8_t>(bytes, index));
    case SlotValue::kUint16:
      return in_unit(value_at<uint16_t>(bytes, index));
    case SlotValue::kInt16:
      return in_unit(value_at<int16_t>(bytes, index));
    case SlotValue::kInt32:
      return in_unit(value_at<int32_t>(bytes, index));
    case SlotValue::kFloat32:
      return in_unit(value_at<float>(bytes, index));
  }
  return 0;
}

struct SlotSamples {
  SlotSamplesShape shape;
  SlotItems items;  // sizes are not looked at
  const int32_t *extents = nullptr, *types = nullptr;
  const int64_t* step = nullptr;
  float* out = nullptr;
  int32_t* places = nullptr;
  int64_t* owners = nullptr;

  static constexpr uint32_t kThreads = 256;
  Grid grid() const { return {shape.n_slots, kThreads, 0}; }

  // Time i of what is drawn.
  GULO_HOST_DEVICE float value(const SampleDraw& draw, uint32_t i, uint32_t channel, uint32_t n_channels) const {
    const auto type = static_cast<SlotValue>(types[draw.item]);
    const uint8_t* signal = items.arena + draw.from;
    if (draw.n_seen < 2) return sample_value(type, signal, (draw.begin + i) * n_channels + channel);
    const uint64_t at = i * draw.step;
    const uint64_t before = at >> 32 < draw.n_seen - 2 ? at >> 32 : draw.n_seen - 2;
    const float share = static_cast<float>(static_cast<int64_t>(at - (before << 32))) * 0x1p-32f;
    const float a = sample_value(type, signal, (draw.begin + before) * n_channels + channel);
    // What is missing behind a time is no part of it.
    if (share == 0) return a;
    return a + share * (sample_value(type, signal, (draw.begin + before + 1) * n_channels + channel) - a);
  }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const uint64_t slot = block.index;
    block.each_thread([&](uint32_t thread) {
      const SampleDraw draw = draw_samples(shape, items, extents, static_cast<uint64_t>(*step) * shape.n_slots + slot);
      const auto channels = static_cast<uint32_t>(shape.channels),
                 n_channels = static_cast<uint32_t>(extents[3 * draw.item + 1]);
      const uint64_t n_values = uint64_t{shape.slot_times} * channels;
      for (uint64_t at = thread; at < n_values; at += kThreads) {
        const auto time = static_cast<uint32_t>(at / channels), channel = static_cast<uint32_t>(at % channels);
        const uint32_t i = time - draw.lead;  // before the lead this wraps round to a large number
        out[slot * n_values + at] =
            i < draw.n_times && channel < n_channels ? value(draw, i, channel, n_channels) : 0.f;
      }
      if (thread != 0) return;
      places[3 * slot] = static_cast<int32_t>(draw.lead);
      places[3 * slot + 1] = static_cast<int32_t>(draw.n_times);
      places[3 * slot + 2] = static_cast<int32_t>(n_channels);
      owners[slot] = static_cast<int64_t>(draw.item);
    });
  }
};

// All pointers are to the device's memory; `stream` is a cudaStream_t. In a build without CUDA throws Error (kDevice).
void slot_samples_cuda(const SlotSamples& slots, void* stream);

}  // namespace gulo
