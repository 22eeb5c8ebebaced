// Batches of pictures that are drawn on the device: what is drawn, and what is written of it, on the host and on a
// device.
#include "kernel/slot_pixels.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>

#include "kernel/cuda_test.h"

namespace gulo {
namespace {

// Pictures of odd sizes, all numbers of channels and types of values among them.
struct Pictures {
  std::vector<uint8_t> arena;
  std::vector<int64_t> begins;
  std::vector<int32_t> extents, types;
  std::vector<std::vector<double>> values;  // as they stand

  Pictures() {
    Rng rng(4);
    for (const auto& [height, width, channels, type] : std::vector<std::array<int32_t, 4>>{{1, 1, 1, 0},
                                                                                           {16, 16, 3, 0},
                                                                                           {17, 40, 3, 0},
                                                                                           {16, 9, 4, 0},
                                                                                           {33, 16, 2, 0},
                                                                                           {8, 8, 1, 0},
                                                                                           {16, 16, 4, 0},
                                                                                           {40, 40, 1, 0},
                                                                                           {16, 20, 3, 1},
                                                                                           {9, 9, 2, 1},
                                                                                           {16, 16, 4, 2},
                                                                                           {11, 30, 3, 3},
                                                                                           {18, 16, 3, 4},
                                                                                           {16, 16, 1, 4}}) {
      begins.push_back(static_cast<int64_t>(arena.size()));
      extents.insert(extents.end(), {height, width, channels});
      types.push_back(type);
      values.emplace_back();
      for (int32_t i = 0; i < height * width * channels; ++i) add(static_cast<SlotValue>(type), rng);
    }
  }

  template <class Value>
  void put_value(Value value) {
    uint8_t bytes[sizeof(Value)];
    std::memcpy(bytes, &value, sizeof(Value));
    arena.insert(arena.end(), bytes, bytes + sizeof(Value));
    values.back().push_back(static_cast<double>(value));
  }
  void add(SlotValue type, Rng& rng) {
    const uint64_t bits = rng() >> 1;
    switch (type) {
      case SlotValue::kUint8:
        return put_value(static_cast<uint8_t>(bits));
      case SlotValue::kUint16:
        return put_value(static_cast<uint16_t>(bits));
      case SlotValue::kInt16:
        return put_value(static_cast<int16_t>(bits & 0x7FFF));
      case SlotValue::kInt32:
        return put_value(static_cast<int32_t>(bits & 0x7FFFFFFF));
      case SlotValue::kFloat32:
        return put_value(static_cast<float>(rng.uniform()));
    }
  }
  double largest(uint64_t item) const { return std::array{255., 65535., 32767., 2147483647., 1.}[types[item]]; }
  uint64_t size() const { return begins.size(); }
  SlotItems view() const { return {arena.data(), begins.data(), nullptr, size()}; }

  // Without any of the kernel's arithmetic: colours as four numbers, and mirrored by walking.
  double value(const PixelDraw& draw, int32_t row, int32_t column, int32_t channel, int32_t n_channels) const {
    const int32_t *extent = extents.data() + 3 * draw.item, n = extent[2];
    const auto walk = [](int32_t from, int32_t n_steps, int32_t size) {
      int32_t at = std::abs(from), way = from < 0 ? -1 : 1;
      for (int32_t i = 0; i < n_steps; ++i) {
        if (at + way < 0 || at + way >= size) way = -way;
        if (size > 1) at += way;
      }
      return at;
    };
    const int32_t y = walk(draw.top, row, extent[0]);
    const int32_t x = walk(draw.left, draw.mirrored ? draw.width - 1 - column : column, extent[1]);
    const double *pixel = values[draw.item].data() + (y * extent[1] + x) * n, full = largest(draw.item);
    const bool is_whole = types[draw.item] != static_cast<int32_t>(SlotValue::kFloat32);
    const double sum = n < 3 ? 0 : pixel[0] + pixel[1] + pixel[2];
    const double grey = n < 3 ? pixel[0] : is_whole ? std::floor((sum + 1) / 3) : sum / 3;
    const double alpha = n == 2 ? pixel[1] : n == 4 ? pixel[3] : full;
    const double colours[3] = {n < 3 ? grey : pixel[0], n < 3 ? grey : pixel[1], n < 3 ? grey : pixel[2]};
    if (n_channels % 2 == 0 && channel == n_channels - 1) return alpha / full;
    return (n_channels < 3 ? grey : colours[channel]) / full;
  }
};

std::vector<SlotPixelsShape> cases() {
  std::vector<SlotPixelsShape> all;
  for (const int32_t channels : {1, 2, 3, 4})
    for (const int32_t shift : {0, 2})
      all.push_back({.n_slots = 3,
                     .window = 16,
                     .channels = channels,
                     .shift = shift,
                     .mirror = channels != 2,
                     .seed = static_cast<uint64_t>(channels)});
  return all;
}

template <class Out>
struct Result {
  std::vector<Out> out;
  std::vector<int32_t> sizes;
  std::vector<int64_t> owners;

  explicit Result(const SlotPixelsShape& shape)
      : out(shape.n_slots * static_cast<size_t>(shape.window * shape.window * shape.channels), Out(77)),
        sizes(shape.n_slots * 2),
        owners(shape.n_slots, -1) {}

  void expect_drawn(const SlotPixelsShape& shape, const Pictures& pictures, int64_t step) const {
    for (uint64_t s = 0; s < shape.n_slots; ++s) {
      const uint64_t k = static_cast<uint64_t>(step) * shape.n_slots + s;
      const PixelDraw draw = draw_pixels(shape, pictures.view(), pictures.extents.data(), k);
      EXPECT_EQ(owners[s], static_cast<int64_t>(draw.item));
      EXPECT_EQ(sizes[2 * s], draw.height);
      EXPECT_EQ(sizes[2 * s + 1], draw.width);
      size_t i = s * static_cast<size_t>(shape.window * shape.window * shape.channels);
      for (int32_t y = 0; y < shape.window; ++y)
        for (int32_t x = 0; x < shape.window; ++x)
          for (int32_t c = 0; c < shape.channels; ++c, ++i) {
            const bool inside = y < draw.height && x < draw.width;
            const double expected = inside ? pictures.value(draw, y, x, c, shape.channels) : 0;
            ASSERT_NEAR(as_float(out[i]), expected, sizeof(Out) == 2 ? expected / 256 : 1e-6)
                << "item " << draw.item << " at " << y << " " << x << " " << c;
          }
    }
  }
};

TEST(SlotPixels, DrawsWithinThePictures) {
  const Pictures pictures;
  for (const SlotPixelsShape& shape : cases()) {
    std::set<int32_t> moved, parts;
    std::vector<int> n_mirrored(pictures.size());
    for (uint64_t k = 0; k < 100 * pictures.size(); ++k) {
      const PixelDraw draw = draw_pixels(shape, pictures.view(), pictures.extents.data(), k);
      const int32_t *extent = pictures.extents.data() + 3 * draw.item, most = std::min(shape.shift, extent[0] / 8);
      ASSERT_EQ(draw.height, std::min(extent[0], 16));
      ASSERT_EQ(draw.width, std::min(extent[1], 16));
      if (extent[0] > 16) {
        ASSERT_GE(draw.top, 0);
        ASSERT_LE(draw.top + 16, extent[0]);
        parts.insert(draw.top);
      } else {
        ASSERT_LE(std::abs(draw.top), most);
        moved.insert(draw.top);
      }
      n_mirrored[draw.item] += draw.mirrored;
    }
    EXPECT_EQ(moved.size(), shape.shift == 0 ? 1u : 5u);
    EXPECT_GT(parts.size(), 10u);
    for (const int n : n_mirrored) EXPECT_EQ(n, shape.mirror ? 50 : 0);
  }
}

template <class Out>
void test_blocks() {
  const Pictures pictures;
  for (const SlotPixelsShape& shape : cases())
    for (const int64_t step : {0, 1, 2, 3, 4, 15}) {
      Result<Out> result(shape);
      const SlotPixels<Out> slots{shape, pictures.view(),   pictures.extents.data(), pictures.types.data(),
                                  &step, result.out.data(), result.sizes.data(),     result.owners.data()};
      run_on_host(slots);
      result.expect_drawn(shape, pictures, step);
    }
}

template <class Out>
void test_device() {
  const Pictures pictures;
  const CudaVector arena(pictures.arena);
  const CudaVector begins(pictures.begins);
  const CudaVector extents(pictures.extents), types(pictures.types);
  for (const SlotPixelsShape& shape : cases())
    for (const int64_t step : {0, 1, 2, 3, 4, 15}) {
      Result<Out> result(shape);
      const CudaVector device_step(std::vector<int64_t>{step}), owners(result.owners);
      const CudaVector out(result.out);
      const CudaVector sizes(result.sizes);
      const SlotItems items{arena.data(), begins.data(), nullptr, pictures.size()};
      slot_pixels_cuda(SlotPixels<Out>{shape, items, extents.data(), types.data(), device_step.data(), out.data(),
                                       sizes.data(), owners.data()},
                       nullptr);
      result.out = out.read();
      result.sizes = sizes.read();
      result.owners = owners.read();
      result.expect_drawn(shape, pictures, step);
    }
}

TEST(SlotPixels, WritesWhatIsDrawn) {
  test_blocks<float>();
  test_blocks<uint16_t>();
}

TEST(SlotPixels, WritesWhatIsDrawnOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  test_device<float>();
  test_device<uint16_t>();
}

}  // namespace
}  // namespace gulo
