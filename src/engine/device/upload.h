// Bytes on their way to a device's memory while the device computes: the caller fills one of two chunks of pinned
// memory as the other is copied on a stream of its own. Also to the host's memory, in the same chunks, for tests and
// for the CPU as the device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace gulo {

// Where chunks lie, and how they are copied from there.
class ChunkCopies {
 public:
  virtual ~ChunkCopies() = default;
  // Of which = 0 or 1; of the size that this was made for.
  virtual uint8_t* chunk(int which) = 0;
  // Begins to copy a chunk's first n_bytes.
  virtual void copy(int which, void* to, size_t n_bytes) = 0;
  // Returns when the chunk's last copy is done.
  virtual void wait(int which) = 0;
};

std::unique_ptr<ChunkCopies> copies_to_host(size_t chunk_bytes);
// To the current CUDA device; any thread may copy, one at a time. Throws Error (kDevice).
std::unique_ptr<ChunkCopies> copies_to_cuda(size_t chunk_bytes);

class Upload {
 public:
  Upload(std::unique_ptr<ChunkCopies> copies, size_t chunk_bytes)
      : copies_(std::move(copies)), chunk_bytes_(chunk_bytes) {}

  // What is written from now on lies at `to`, one behind the other.
  void begin(void* to) {
    flush();
    to_ = static_cast<uint8_t*>(to);
  }
  // May wait for an earlier chunk. `bytes` are not needed any more when it returns.
  void write(std::span<const uint8_t> bytes);
  // Returns when all that was written is there.
  void finish();

 private:
  void flush();

  std::unique_ptr<ChunkCopies> copies_;
  size_t chunk_bytes_, n_filled_ = 0;  // of the chunk that is being filled
  int which_ = 0;
  uint8_t* to_ = nullptr;
};

}  // namespace gulo
