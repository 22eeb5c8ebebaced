// One item's bytes, outside a corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gulo {

// Kernels may read, never use, this much past an item's end.
inline constexpr size_t kItemPadding = 64;

// storage holds the bytes, kItemPadding zero bytes, and whatever an earlier, longer item left behind them.
struct PaddedBytes {
  std::vector<uint8_t> storage;
  size_t size_bytes = 0;
  std::span<const uint8_t> bytes() const { return {storage.data(), size_bytes}; }
};

// A file's or standard input's ("-") bytes, read to the end. Named pipes are read like standard input; folders, devices
// and sockets are errors. Throws Error (kData: cannot be read; kDevice: does not fit in memory).
PaddedBytes read_item(const std::string& path);
// The same into storage that is used again, for thousands of small files: no allocation, no mapping, no clearing.
void read_item_into(const std::string& path, PaddedBytes& reuse);

// Reads a regular file's first slot.size() bytes, fewer where it is shorter; returns how many. Never waits for a pipe.
// Throws Error (kData).
size_t read_regular_file(const std::string& path, std::span<uint8_t> slot);

}  // namespace gulo
