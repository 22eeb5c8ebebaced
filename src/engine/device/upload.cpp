#include "engine/device/upload.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace gulo {
namespace {

class CopiesToHost : public ChunkCopies {
 public:
  explicit CopiesToHost(size_t chunk_bytes) {
    for (auto& chunk : chunks_) chunk.resize(chunk_bytes);
  }
  uint8_t* chunk(int which) override { return chunks_[static_cast<size_t>(which)].data(); }
  void copy(int which, void* to, size_t n_bytes) override { std::memcpy(to, chunk(which), n_bytes); }
  void wait(int) override {}

 private:
  std::array<std::vector<uint8_t>, 2> chunks_;
};

}  // namespace

std::unique_ptr<ChunkCopies> copies_to_host(size_t chunk_bytes) { return std::make_unique<CopiesToHost>(chunk_bytes); }

void Upload::write(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t n = std::min(bytes.size(), chunk_bytes_ - n_filled_);
    std::memcpy(copies_->chunk(which_) + n_filled_, bytes.data(), n);
    n_filled_ += n;
    bytes = bytes.subspan(n);
    if (n_filled_ == chunk_bytes_) flush();
  }
}

void Upload::flush() {
  if (n_filled_ == 0) return;
  copies_->copy(which_, to_, n_filled_);
  to_ += n_filled_;
  n_filled_ = 0;
  which_ = 1 - which_;
  copies_->wait(which_);
}

void Upload::finish() {
  flush();
  for (const int which : {0, 1}) copies_->wait(which);
}

}  // namespace gulo
