#include "data/reader/npy_reader.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/units.h"

namespace gulo {
namespace {

constexpr uint64_t kMostChannels = 4096;

}  // namespace

RawItem read_npy(std::span<const uint8_t> file, const ReadLimits& limits) {
  const NpyArray array = parse_npy(file);
  require(array.shape.size() == 1 || array.shape.size() == 2, ErrorKind::kData,
          fmt::format("the NumPy array has {} axes", array.shape.size()),
          "an item of samples is (T) or (T, C); save many of them, with their labels, as X and y by numpy.savez");
  const uint64_t n_channels = array.shape.size() == 2 ? array.shape[1] : 1;
  require(array.shape[0] <= UINT32_MAX && n_channels <= kMostChannels, ErrorKind::kData,
          fmt::format("the NumPy array has {} x {} values, time first; {} channels are the most", array.shape[0],
                      n_channels, kMostChannels),
          "an item of samples is (T) or (T, C)");
  RawItem item;
  item.shape = {.type = number_type(array),
                .extents = {static_cast<uint32_t>(array.shape[0]), static_cast<uint32_t>(n_channels), 1}};
  require(item.shape.n_bytes() <= limits.max_bytes, ErrorKind::kData,
          fmt::format("the NumPy array takes more than {}", format_bytes(static_cast<double>(limits.max_bytes))),
          "cut it into shorter pieces");
  item.bytes = npy_numbers(array);
  return item;
}

}  // namespace gulo
