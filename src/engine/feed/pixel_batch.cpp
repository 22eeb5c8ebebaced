#include "engine/feed/pixel_batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace gulo {
namespace {

// Mirrored at the edges, as often as need be; the edge itself is not repeated.
int64_t reflected(int64_t at, int64_t size) {
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  at = (at % period + period) % period;
  return at < size ? at : period - at;
}

template <class Value>
Value load_value(const uint8_t* bytes, int64_t index) {
  Value value;
  std::memcpy(&value, bytes + index * static_cast<int64_t>(sizeof(Value)), sizeof(Value));
  return value;
}

template <class Value>
constexpr float kUnit = std::is_integral_v<Value> ? 1 / static_cast<float>(std::numeric_limits<Value>::max()) : 1.f;

template <class Value, class Out>
Out convert(Value value) {
  if constexpr (std::is_same_v<Value, Out>) return value;
  return static_cast<Out>(kUnit<Value> * static_cast<float>(value));
}

template <class Value>
constexpr Value full() {
  if constexpr (std::is_integral_v<Value>) return std::numeric_limits<Value>::max();
  return Value{1};
}

// One pixel of c_in channels as one of c_out.
template <class Value, class Out>
void put_pixel(const Value* in, int c_in, int c_out, Out* out) {
  const bool colours_in = c_in >= 3, colours_out = c_out >= 3;
  const auto grey = [&] {
    return colours_in ? static_cast<Value>((static_cast<double>(in[0]) + in[1] + in[2]) / 3 +
                                           (std::is_integral_v<Value> ? 0.5 : 0))
                      : in[0];
  };
  if (!colours_out)
    out[0] = convert<Value, Out>(grey());
  else
    for (int c = 0; c < 3; ++c) out[c] = convert<Value, Out>(in[colours_in ? c : 0]);
  if (c_out % 2 == 0) out[c_out - 1] = convert<Value, Out>(c_in % 2 == 0 ? in[c_in - 1] : full<Value>());
}

template <class Value, class Out>
void put_window(const PixelWindow& window, int channels, Out* out) {
  const auto [height, width, c_in] = window.picture.shape.extents;
  std::vector<int64_t> columns(window.width);
  for (int32_t x = 0; x < window.width; ++x)
    columns[window.mirrored ? window.width - 1 - x : x] = reflected(window.left + x, width) * c_in;
  for (int32_t y = 0; y < window.height; ++y) {
    const int64_t line = reflected(window.top + y, height) * width * c_in;
    for (int32_t x = 0; x < window.width; ++x, out += channels) {
      Value pixel[4];
      for (uint32_t c = 0; c < c_in; ++c)
        pixel[c] = load_value<Value>(window.picture.bytes.data(), line + columns[x] + c);
      put_pixel(pixel, static_cast<int>(c_in), channels, out);
    }
  }
}

template <class Out>
void put(const PixelWindow& window, int channels, Out* out) {
  switch (window.picture.shape.type) {
    case ValueType::kUint8:
      return put_window<uint8_t>(window, channels, out);
    case ValueType::kUint16:
      return put_window<uint16_t>(window, channels, out);
    case ValueType::kInt16:
      return put_window<int16_t>(window, channels, out);
    case ValueType::kInt32:
      return put_window<int32_t>(window, channels, out);
    case ValueType::kFloat32:
      return put_window<float>(window, channels, out);
  }
}

template <class Out>
void put_all(const std::vector<PixelWindow>& windows, const std::vector<int64_t>& begins, int channels, Out* out) {
  at::parallel_for(0, static_cast<int64_t>(windows.size()), 16, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) put(windows[i], channels, out + begins[i]);
  });
}

}  // namespace

void check_picture(const ItemView& item) {
  const ItemShape& shape = item.shape;
  const bool is_picture = shape.extents[0] > 0 && shape.extents[1] > 0 && shape.extents[2] >= 1 &&
                          shape.extents[2] <= 4 && item.bytes.size() == shape.n_bytes();
  require(is_picture, ErrorKind::kData, "an item is no picture of 1 to 4 channels", "give pictures, or use --as bytes");
}

void PixelPacker::add(const PixelWindow& window) {
  check_picture(window.picture);
  windows_.push_back(window);
}

Batch PixelPacker::take() {
  const std::vector<PixelWindow> windows = std::exchange(windows_, {});
  Batch batch;
  std::vector<int64_t> begins{0};
  bool all_bytes = true;
  const at::Tensor sizes = at::empty({static_cast<int64_t>(windows.size()), 2}, at::kInt);
  int32_t* size = sizes.mutable_data_ptr<int32_t>();
  for (const PixelWindow& window : windows) {
    begins.push_back(begins.back() + int64_t{window.height} * window.width * channels_);
    all_bytes &= window.picture.shape.type == ValueType::kUint8;
    *size++ = window.height;
    *size++ = window.width;
    batch.owners.push_back(window.owner);
  }
  const at::Tensor values = at::empty({begins.back()}, all_bytes ? at::kByte : at::kFloat);
  if (all_bytes)
    put_all(windows, begins, channels_, values.mutable_data_ptr<uint8_t>());
  else
    put_all(windows, begins, channels_, values.mutable_data_ptr<float>());
  batch.values = {values, sizes};
  batch.n_item_bytes = begins.back();
  return batch;
}

SlotBatch pictures_in_slots(const Batch& batch, int channels) {
  const at::Tensor &values = batch.values[0], &sizes = batch.values[1];
  const int64_t n = sizes.size(0), side = sizes.max().item<int64_t>(), pixel_bytes = channels * values.element_size();
  const at::Tensor slots = at::zeros({n, side, side, channels}, values.scalar_type());
  const auto* from = static_cast<const uint8_t*>(values.const_data_ptr());
  auto* to = static_cast<uint8_t*>(slots.mutable_data_ptr());
  const int32_t* size = sizes.const_data_ptr<int32_t>();
  bool full = true;
  for (int64_t i = 0; i < n; ++i, size += 2) {
    full &= size[0] == side && size[1] == side;
    for (int32_t y = 0; y < size[0]; ++y, from += size[1] * pixel_bytes)
      std::memcpy(to + (i * side + y) * side * pixel_bytes, from, static_cast<size_t>(size[1] * pixel_bytes));
  }
  return {{slots, full ? at::Tensor() : sizes}, n};
}

}  // namespace gulo
