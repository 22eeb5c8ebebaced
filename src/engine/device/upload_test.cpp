// Bytes that are copied in chunks, to the host and to a device.
#include "engine/device/upload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <vector>

#include "base/rng.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

constexpr size_t kChunkBytes = 64;

// Copies a chunk only when somebody waits for it: one that is filled again before that shows.
class LateCopies : public ChunkCopies {
 public:
  uint8_t* chunk(int which) override { return chunks_[static_cast<size_t>(which)].data(); }
  void copy(int which, void* to, size_t n_bytes) override {
    EXPECT_FALSE(due_.contains(which)) << "nobody waited for the copy before";
    due_[which] = {static_cast<uint8_t*>(to), n_bytes};
  }
  void wait(int which) override {
    if (!due_.contains(which)) return;
    std::copy_n(chunk(which), due_[which].second, due_[which].first);
    due_.erase(which);
  }

 private:
  std::array<std::array<uint8_t, kChunkBytes>, 2> chunks_;
  std::map<int, std::pair<uint8_t*, size_t>> due_;
};

std::vector<uint8_t> random_bytes(size_t n) {
  Rng rng(n);
  std::vector<uint8_t> bytes(n);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng());
  return bytes;
}

void upload_in_pieces(Upload& upload, uint8_t* to, const std::vector<uint8_t>& bytes, size_t piece) {
  upload.begin(to);
  for (size_t at = 0; at < bytes.size(); at += piece)
    upload.write({bytes.data() + at, std::min(piece, bytes.size() - at)});
  upload.finish();
}

void expect_all_arrive(std::unique_ptr<ChunkCopies> copies) {
  Upload upload(std::move(copies), kChunkBytes);
  for (const size_t n : {0, 1, 63, 64, 65, 128, 1000})
    for (const size_t piece : {1, 7, 64, 500}) {
      const std::vector<uint8_t> bytes = random_bytes(n);
      std::vector<uint8_t> there(n + 1, 99);
      upload_in_pieces(upload, there.data(), bytes, piece);
      EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), there.begin())) << n << " bytes by " << piece;
      EXPECT_EQ(there.back(), 99);
    }
}

TEST(Upload, BringsEveryByte) { expect_all_arrive(copies_to_host(kChunkBytes)); }
TEST(Upload, WaitsBeforeAChunkIsFilledAgain) { expect_all_arrive(std::make_unique<LateCopies>()); }

TEST(Upload, BeginsAnewElsewhere) {
  Upload upload(std::make_unique<LateCopies>(), kChunkBytes);
  std::vector<uint8_t> first(10), second(10);
  const std::vector<uint8_t> bytes = random_bytes(10);
  upload.begin(first.data());
  upload.write(bytes);
  upload_in_pieces(upload, second.data(), bytes, 3);
  EXPECT_EQ(first, bytes);
  EXPECT_EQ(second, bytes);
}

TEST(Upload, BringsEveryByteToADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  Upload upload(copies_to_cuda(kChunkBytes), kChunkBytes);
  for (const size_t n : {1, 64, 1000}) {
    const std::vector<uint8_t> bytes = random_bytes(n);
    const CudaVector there(std::vector<uint8_t>(n, 99));
    upload_in_pieces(upload, there.data(), bytes, 7);
    EXPECT_EQ(there.read(), bytes);
  }
}

}  // namespace
}  // namespace gulo
