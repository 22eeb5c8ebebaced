// Batches of bytes that are drawn on the device: what is drawn, and what is written of it, on the host and on a device.
#include "kernel/slot_bytes.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>
#include <vector>

#include "kernel/cuda_test.h"

namespace gulo {
namespace {

// A corpus of items of odd sizes, the empty one among them; item i's bytes are (i + place) % 251.
struct Items {
  std::vector<uint8_t> arena;
  std::vector<int64_t> begins, sizes;

  explicit Items(const std::vector<int64_t>& all_sizes) : sizes(all_sizes) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      begins.push_back(static_cast<int64_t>(arena.size()));
      for (int64_t at = 0; at < sizes[i]; ++at) arena.push_back(byte_at(i, static_cast<uint64_t>(at)));
    }
  }
  static uint8_t byte_at(size_t item, uint64_t place) { return static_cast<uint8_t>((item + place) % 251); }
  SlotItems view() const { return {arena.data(), begins.data(), sizes.data(), sizes.size()}; }
};

const std::vector<int64_t> kSizes{0, 1, 5, 16, 17, 40, 64, 65, 300, 1000, 3, 64};

std::vector<SlotBytesShape> cases() {
  std::vector<SlotBytesShape> all;
  for (const float crop : {1.f, 0.5f, 0.f})
    for (const bool lead : {false, true})
      for (const uint32_t row_bytes : {1u, 8u, 32u})
        all.push_back({.n_slots = 5,
                       .slot_rows = (64 + row_bytes - 1 + row_bytes - 1) / row_bytes + 1,
                       .row_bytes = row_bytes,
                       .window_bytes = 64,
                       .crop_fraction = crop,
                       .random_lead = lead,
                       .seed = row_bytes});
  return all;
}

struct Result {
  std::vector<uint16_t> x;
  std::vector<uint8_t> keep;
  std::vector<int64_t> owners;

  explicit Result(const SlotBytesShape& shape)
      : x(shape.n_slots * shape.slot_bytes(), 7777),
        keep(size_t{shape.n_slots} * shape.slot_rows, 9),
        owners(shape.n_slots, -1) {}
};

void expect_drawn(const SlotBytesShape& shape, const Items& items, int64_t step, const Result& result) {
  for (uint64_t s = 0; s < shape.n_slots; ++s) {
    const SlotDraw draw = draw_slot(shape, items.view(), static_cast<uint64_t>(step) * shape.n_slots + s);
    EXPECT_EQ(result.owners[s], static_cast<int64_t>(draw.item));
    for (uint64_t i = 0; i < shape.slot_bytes(); ++i) {
      const bool inside = i >= draw.lead && i < draw.lead + draw.n_bytes;
      const uint16_t expected = inside ? Items::byte_at(draw.item, draw.begin + i - draw.lead) : SlotBytes::kPad;
      ASSERT_EQ(result.x[s * shape.slot_bytes() + i], expected) << "slot " << s << " value " << i;
    }
    const uint64_t n_rows = std::max<uint64_t>(1, (draw.lead + draw.n_bytes + shape.row_bytes - 1) / shape.row_bytes);
    ASSERT_LT(n_rows, shape.slot_rows) << "a blank row is left";
    for (uint64_t row = 0; row < shape.slot_rows; ++row)
      ASSERT_EQ(result.keep[s * shape.slot_rows + row], row < n_rows) << "slot " << s << " row " << row;
  }
}

TEST(SlotBytes, PermutesEveryRange) {
  for (const uint64_t n : {1, 2, 3, 4, 5, 16, 17, 1000})
    for (const uint64_t key : {0, 1, 99}) {
      std::set<uint64_t> seen;
      for (uint64_t i = 0; i < n; ++i) seen.insert(permuted(i, n, key));
      EXPECT_EQ(seen.size(), n);
      EXPECT_EQ(*seen.rbegin(), n - 1);
    }
  int n_fixed = 0;  // about one in a random permutation
  for (uint64_t i = 0; i < 1000; ++i) n_fixed += permuted(i, 1000, 5) == i;
  EXPECT_LT(n_fixed, 10);
}

TEST(SlotBytes, ShowsEachItemOnceAnEpochInANewOrder) {
  const Items items(kSizes);
  const SlotBytesShape shape = cases()[0];
  std::vector<std::vector<uint64_t>> epochs(20);
  for (uint64_t k = 0; k < 20 * kSizes.size(); ++k)
    epochs[k / kSizes.size()].push_back(draw_slot(shape, items.view(), k).item);
  EXPECT_EQ((std::set<std::vector<uint64_t>>(epochs.begin(), epochs.end()).size()), 20u);
  std::vector<uint64_t> every(kSizes.size());
  std::iota(every.begin(), every.end(), 0);
  for (auto& epoch : epochs) {
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, every);
  }
}

TEST(SlotBytes, DrawsWindowsOfTheItem) {
  const Items items(kSizes);
  for (const SlotBytesShape& shape : cases()) {
    std::set<uint64_t> sizes, begins, leads;
    int n_heads = 0, n_long = 0;
    for (uint64_t k = 0; k < 3000; ++k) {
      const SlotDraw draw = draw_slot(shape, items.view(), k);
      const auto size = static_cast<uint64_t>(items.sizes[draw.item]), seen = std::min<uint64_t>(size, 64);
      ASSERT_LE(draw.begin + draw.n_bytes, size);
      ASSERT_LE(draw.n_bytes, seen);
      ASSERT_GE(static_cast<float>(draw.n_bytes), shape.crop_fraction * static_cast<float>(seen));
      ASSERT_LT(draw.lead, shape.random_lead ? shape.row_bytes : 1);
      leads.insert(draw.lead);
      if (size != 1000) continue;
      sizes.insert(draw.n_bytes);
      begins.insert(draw.begin);
      ++n_long;
      n_heads += draw.begin == 0;
    }
    EXPECT_EQ(leads.size(), shape.random_lead ? shape.row_bytes : 1);
    EXPECT_GT(begins.size(), 50u);
    if (shape.crop_fraction == 1) {
      EXPECT_NEAR(n_heads, n_long / 2, n_long / 5);
    }
    EXPECT_EQ(sizes.size() > 1, shape.crop_fraction < 1);
  }
}

TEST(SlotBytes, WritesWhatIsDrawn) {
  const Items items(kSizes);
  for (const SlotBytesShape& shape : cases())
    for (const int64_t step : {0, 1, 7}) {
      Result result(shape);
      const SlotBytes slots{shape, items.view(), &step, result.x.data(), result.keep.data(), result.owners.data()};
      run_on_host(slots);
      expect_drawn(shape, items, step, result);
    }
}

// The items of two shards: their tables, and behind each its items' bytes. The row's numbers 100 to 100 + 3 * n have
// three passes over the first, the next ones two over the second.
struct Shards {
  std::vector<uint8_t> arena;
  std::vector<SlotShard> shards;
  const std::vector<std::vector<int64_t>> members{{9, 1, 4, 6}, {2, 8, 3, 11, 0, 5}};

  explicit Shards(const Items& items) {
    uint64_t begin = 100;
    for (const auto& shard : members) {
      const uint64_t table = (arena.size() + 7) / 8 * 8, n_passes = shards.empty() ? 3 : 2;
      arena.resize(table + shard.size() * sizeof(ShardItem));
      for (size_t i = 0; i < shard.size(); ++i) {
        const ShardItem row{shard[i], static_cast<int64_t>(arena.size())};
        std::memcpy(arena.data() + table + i * sizeof row, &row, sizeof row);
        const auto from = items.arena.begin() + items.begins[static_cast<size_t>(shard[i])];
        arena.insert(arena.end(), from, from + items.sizes[static_cast<size_t>(shard[i])]);
      }
      shards.push_back({begin, begin + n_passes * shard.size(), shard.size(), 7, table});
      begin = shards.back().end;
    }
  }
  SlotItems view(const Items& items) const {
    return {arena.data(), nullptr, items.sizes.data(), items.sizes.size(), shards.data()};
  }
};

TEST(SlotBytes, GoesThroughOneShardAfterTheOther) {
  const Items items(kSizes);
  Shards shards(items);
  const SlotBytesShape shape = cases()[0];
  for (const bool swapped : {false, true}) {  // the later one lies in either half
    for (size_t s = 0; s < 2; ++s) {
      const SlotShard shard = shards.shards[swapped ? 1 - s : s];
      std::set<std::vector<uint64_t>> orders;
      for (uint64_t k = shard.begin; k < shard.end; k += shard.n_items) {
        std::vector<uint64_t> seen;
        for (uint64_t i = 0; i < shard.n_items; ++i) {
          const SlotPlace place = place_of(shards.view(items), shape.seed, k + i);
          EXPECT_EQ(place.epoch, 7 + (k - shard.begin) / shard.n_items);
          seen.push_back(place.item);
        }
        orders.insert(seen);
        std::sort(seen.begin(), seen.end());
        std::vector<int64_t> all = shards.members[s];
        std::sort(all.begin(), all.end());
        EXPECT_TRUE(std::equal(seen.begin(), seen.end(), all.begin(), all.end()));
      }
      EXPECT_GT(orders.size(), 1u);
    }
    std::swap(shards.shards[0], shards.shards[1]);
  }
}

void expect_drawn_from_shards(const SlotBytesShape& shape, const Items& items, const Shards& shards, int64_t step,
                              const Result& result) {
  for (uint64_t s = 0; s < shape.n_slots; ++s) {
    const SlotDraw draw = draw_slot(shape, shards.view(items), static_cast<uint64_t>(step) * shape.n_slots + s);
    EXPECT_EQ(result.owners[s], static_cast<int64_t>(draw.item));
    for (uint64_t i = 0; i < draw.n_bytes; ++i)
      ASSERT_EQ(result.x[s * shape.slot_bytes() + draw.lead + i], Items::byte_at(draw.item, draw.begin + i));
  }
}

TEST(SlotBytes, WritesWhatIsDrawnFromShards) {
  const Items items(kSizes);
  const Shards shards(items);
  for (const SlotBytesShape& shape : cases())
    for (const int64_t step : {20, 22, 23}) {  // numbers 110 to 114 have items of both
      Result result(shape);
      run_on_host(
          SlotBytes{shape, shards.view(items), &step, result.x.data(), result.keep.data(), result.owners.data()});
      expect_drawn_from_shards(shape, items, shards, step, result);
    }
}

TEST(SlotBytes, WritesWhatIsDrawnFromShardsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Items items(kSizes);
  const Shards shards(items);
  const CudaVector arena(shards.arena);
  const CudaVector table(shards.shards);
  const CudaVector sizes(items.sizes);
  for (const SlotBytesShape& shape : cases())
    for (const int64_t step : {20, 22, 23}) {
      Result result(shape);
      const CudaVector device_step(std::vector<int64_t>{step}), owners(result.owners);
      const CudaVector x(result.x);
      const CudaVector keep(result.keep);
      const SlotItems view{arena.data(), nullptr, sizes.data(), kSizes.size(), table.data()};
      slot_bytes_cuda({shape, view, device_step.data(), x.data(), keep.data(), owners.data()}, nullptr);
      result.x = x.read();
      result.owners = owners.read();
      expect_drawn_from_shards(shape, items, shards, step, result);
    }
}

TEST(SlotBytes, WritesWhatIsDrawnOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Items items(kSizes);
  const CudaVector arena(items.arena);
  const CudaVector begins(items.begins), sizes(items.sizes);
  for (const SlotBytesShape& shape : cases())
    for (const int64_t step : {0, 1, 7}) {
      Result result(shape);
      const CudaVector device_step(std::vector<int64_t>{step}), owners(result.owners);
      const CudaVector x(result.x);
      const CudaVector keep(result.keep);
      const SlotItems view{arena.data(), begins.data(), sizes.data(), kSizes.size()};
      slot_bytes_cuda({shape, view, device_step.data(), x.data(), keep.data(), owners.data()}, nullptr);
      result.x = x.read();
      result.keep = keep.read();
      result.owners = owners.read();
      expect_drawn(shape, items, step, result);
    }
}

}  // namespace
}  // namespace gulo
