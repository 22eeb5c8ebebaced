// slot_pixels: a training batch of pictures, drawn, moved, mirrored, padded and cast on the device that holds the
// corpus.
//
// As slot_bytes.h, which see: slot s of step t shows item number k = t * n_slots + s of an endless row, and k alone
// says how. What is drawn of a picture is what engine/feed/pixel_feed.h draws: of what is higher or wider than `window`
// a random part; a smaller one is moved by up to `shift` pixels, at most an eighth of its size, and what it then
// reaches out of its edges is the picture mirrored there; in every second epoch it is mirrored, half of the pictures in
// each. Channels are made as engine/feed/pixel_batch.h says: grey is equal colours, colours are their mean, without
// alpha it is opaque.
//
// Shapes  pictures: [height, width, channels] of any SlotValue, 1 to 4 channels, in SlotItems' arena; extents: int32
//         [n_items, 3]; types: int32 [n_items]; out: float or bf16-as-uint16 [n_slots, window, window, channels],
//         integers in units of their type's largest, zero outside of the slot's own size; sizes: int32 [n_slots, 2],
//         height and width; owners: int64 [n_slots], the item that a slot shows.
// Cost    reads a pixel's bytes once and writes its channels: the memory's bandwidth, 2 bytes a bf16 value.
// Threads one block a slot, a thread a pixel after another.
// Error   values to one rounding of the output's type.
#pragma once

#include "kernel/host_device.h"
#include "kernel/slot_bytes.h"
#include "kernel/slot_values.h"

namespace gulo {

struct SlotPixelsShape {
  uint32_t n_slots = 0;
  int32_t window = 32, channels = 3, shift = 0;
  bool mirror = false;
  uint64_t seed = 0;
};

struct PixelDraw {
  uint64_t item = 0;
  int32_t top = 0, left = 0, height = 0, width = 0;
  bool mirrored = false;
  int64_t from = 0;  // of the picture, in the arena
};

GULO_HOST_DEVICE inline int32_t draw_origin(int32_t size, int32_t seen, int32_t shift, Rng& rng) {
  if (size > seen) return static_cast<int32_t>(rng.below(static_cast<uint64_t>(size - seen) + 1));
  const int32_t most = shift < size / 8 ? shift : size / 8;
  return static_cast<int32_t>(rng.below(2 * static_cast<uint64_t>(most) + 1)) - most;
}

// What number k of the endless row shows.
GULO_HOST_DEVICE inline PixelDraw draw_pixels(const SlotPixelsShape& shape, const SlotItems& items,
                                              const int32_t* extents, uint64_t k) {
  const SlotPlace at = place_of(items, shape.seed, k);
  PixelDraw draw;
  draw.item = at.item;
  draw.from = at.from;
  const int32_t height = extents[3 * draw.item], width = extents[3 * draw.item + 1];
  draw.height = height < shape.window ? height : shape.window;
  draw.width = width < shape.window ? width : shape.window;
  Rng rng(shape.seed ^ (k + 1) * 0xD6E8FEB86659FD93ull);
  draw.top = draw_origin(height, draw.height, shape.shift, rng);
  draw.left = draw_origin(width, draw.width, shape.shift, rng);
  draw.mirrored = shape.mirror && ((Rng(shape.seed * 3 + draw.item)() ^ at.epoch) & 1) != 0;
  return draw;
}

// The place within a picture that a place outside mirrors; at most one size away.
GULO_HOST_DEVICE inline int32_t mirrored_at_edge(int32_t at, int32_t size) {
  if (at < 0) at = -at;
  return at < size ? at : 2 * (size - 1) - at;
}

// Channel `channel` of n_out, of a pixel whose n_in values begin with number `first` of the picture's.
template <class Value>
GULO_HOST_DEVICE inline float channel_of(const uint8_t* picture, uint64_t first, int32_t n_in, int32_t n_out,
                                         int32_t channel) {
  const auto value = [&](int32_t c) { return value_at<Value>(picture, first + static_cast<uint64_t>(c)); };
  const bool is_alpha = n_out % 2 == 0 && channel == n_out - 1;
  if (is_alpha) return n_in % 2 == 0 ? in_unit(value(n_in - 1)) : 1.f;
  if (n_in < 3) return in_unit(value(0));
  if (n_out >= 3) return in_unit(value(channel));
  // The mean, rounded where a grey picture's values are whole.
  const double mean = (static_cast<double>(value(0)) + value(1) + value(2)) / 3;
  return in_unit(static_cast<Value>(std::numeric_limits<Value>::is_integer ? mean + 0.5 : mean));
}

GULO_HOST_DEVICE inline float channel_of(SlotValue type, const uint8_t* picture, uint64_t first, int32_t n_in,
                                         int32_t n_out, int32_t channel) {
  switch (type) {
    case SlotValue::kUint8:
      return channel_of<uint8_t>(picture, first, n_in, n_out, channel);
    case SlotValue::kUint16:
      return channel_of<uint16_t>(picture, first, n_in, n_out, channel);
    case SlotValue::kInt16:
      return channel_of<int16_t>(picture, first, n_in, n_out, channel);
    case SlotValue::kInt32:
      return channel_of<int32_t>(picture, first, n_in, n_out, channel);
    case SlotValue::kFloat32:
      return channel_of<float>(picture, first, n_in, n_out, channel);
  }
  return 0;
}

template <class Out>
struct SlotPixels {
  SlotPixelsShape shape;
  SlotItems items;  // sizes are not looked at
  const int32_t *extents = nullptr, *types = nullptr;
  const int64_t* step = nullptr;
  Out* out = nullptr;
  int32_t* sizes = nullptr;
  int64_t* owners = nullptr;

  static constexpr uint32_t kThreads = 256;
  Grid grid() const { return {shape.n_slots, kThreads, 0}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const uint64_t slot = block.index;
    block.each_thread([&](uint32_t thread) {
      const PixelDraw draw = draw_pixels(shape, items, extents, static_cast<uint64_t>(*step) * shape.n_slots + slot);
      const int32_t *extent = extents + 3 * draw.item, n_pixels = shape.window * shape.window;
      const uint8_t* picture = items.arena + draw.from;
      const auto type = static_cast<SlotValue>(types[draw.item]);
      Out* to = out + slot * static_cast<uint64_t>(n_pixels) * static_cast<uint64_t>(shape.channels);
      for (int32_t i = static_cast<int32_t>(thread); i < n_pixels; i += static_cast<int32_t>(kThreads)) {
        const int32_t y = i / shape.window, column = i % shape.window;
        const bool inside = y < draw.height && column < draw.width;
        const int32_t x = draw.mirrored ? draw.width - 1 - column : column;
        int64_t first = 0;
        if (inside)
          first = (int64_t{mirrored_at_edge(draw.top + y, extent[0])} * extent[1] +
                   mirrored_at_edge(draw.left + x, extent[1])) *
                  extent[2];
        for (int32_t c = 0; c < shape.channels; ++c)
          put(inside ? channel_of(type, picture, static_cast<uint64_t>(first), extent[2], shape.channels, c) : 0.f,
              to + i * shape.channels + c);
      }
      if (thread != 0) return;
      sizes[2 * slot] = draw.height;
      sizes[2 * slot + 1] = draw.width;
      owners[slot] = static_cast<int64_t>(draw.item);
    });
  }
};

// All pointers are to the device's memory; `stream` is a cudaStream_t. In a build without CUDA these throw Error
// (kDevice).
void slot_pixels_cuda(const SlotPixels<float>& slots, void* stream);
void slot_pixels_cuda(const SlotPixels<uint16_t>& slots, void* stream);

}  // namespace gulo
