// Batches of tables' rows that are drawn on the device: what is written of them, on the host and on a device.
#include "kernel/slot_cells.h"

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "kernel/cuda_test.h"

namespace gulo {
namespace {

// Rows of a shape's numbers and sums, of one to nine ids each; some numbers are missing.
struct Rows {
  std::vector<uint8_t> arena;
  std::vector<int64_t> begins, sizes;
  std::vector<std::vector<float>> numbers;
  std::vector<std::vector<std::vector<int32_t>>> sums;  // of each row, each sum's ids
  uint32_t most_ids = 0;

  Rows(uint32_t n_rows, uint32_t n_numbers, uint32_t n_lookups) {
    Rng rng(4);
    for (uint32_t row = 0; row < n_rows; ++row) {
      numbers.emplace_back();
      for (uint32_t i = 0; i < n_numbers; ++i)
        numbers.back().push_back(rng.below(4) == 0 ? std::numeric_limits<float>::quiet_NaN()
                                                   : static_cast<float>(rng.uniform()));
      sums.emplace_back();
      for (uint32_t i = 0; i < n_lookups; ++i) {
        sums.back().emplace_back();
        for (uint64_t n = 1 + rng.below(9); n > 0; --n)
          sums.back().back().push_back(static_cast<int32_t>(rng.below(1 << 17)));
      }
      pack();
    }
  }

  template <class Value>
  void put_value(Value value) {
    uint8_t bytes[sizeof(Value)];
    memcpy(bytes, &value, sizeof(Value));
    arena.insert(arena.end(), bytes, bytes + sizeof(Value));
  }
  void pack() {
    begins.push_back(static_cast<int64_t>(arena.size()));
    for (const float number : numbers.back()) put_value(number);
    uint32_t n_ids = 0;
    for (const auto& sum : sums.back()) {
      put_value(n_ids);
      n_ids += static_cast<uint32_t>(sum.size());
    }
    for (const auto& sum : sums.back())
      for (const int32_t id : sum) put_value(static_cast<uint32_t>(id));
    most_ids = std::max(most_ids, n_ids);
    sizes.push_back(static_cast<int64_t>(arena.size()) - begins.back());
  }
  uint64_t size() const { return sizes.size(); }
  SlotItems view() const { return {arena.data(), begins.data(), sizes.data(), size()}; }
};

struct Case {
  uint32_t n_rows, n_numbers, n_lookups, n_slots;
};
// Numbers alone, texts alone, more of both than a block has threads.
constexpr Case kCases[] = {{7, 3, 0, 5}, {7, 0, 1, 3}, {20, 2, 3, 6}, {3, 300, 270, 4}};

struct Result {
  std::vector<float> numbers, shares;
  std::vector<int32_t> ids, begins;
  std::vector<int64_t> owners;

  explicit Result(const SlotCellsShape& shape)
      : numbers(size_t{shape.n_slots} * shape.n_numbers, 77),
        shares(size_t{shape.n_slots} * shape.slot_ids, 77),
        ids(size_t{shape.n_slots} * shape.slot_ids, -1),
        begins(size_t{shape.n_slots} * shape.n_lookups, -1),
        owners(shape.n_slots, -1) {}

  void expect_numbers(const SlotCellsShape& shape, const std::vector<float>& expected, size_t slot) const {
    for (size_t i = 0; i < expected.size(); ++i) {
      const float number = numbers[slot * shape.n_numbers + i];
      ASSERT_TRUE(number == expected[i] || (std::isnan(number) && std::isnan(expected[i]))) << i;
    }
  }

  void expect_sums(const SlotCellsShape& shape, const std::vector<std::vector<int32_t>>& expected, size_t slot) const {
    size_t at = slot * shape.slot_ids;
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(begins[slot * shape.n_lookups + i], static_cast<int32_t>(at - slot * shape.slot_ids));
      for (const int32_t id : expected[i]) {
        ASSERT_EQ(ids[at], id);
        ASSERT_NEAR(shares[at], 1 / std::sqrt(static_cast<double>(expected[i].size())), 2e-7);
        ++at;
      }
    }
    for (; at < (slot + 1) * shape.slot_ids; ++at) {
      ASSERT_EQ(ids[at], static_cast<int32_t>(at % shape.n_rows));
      ASSERT_EQ(shares[at], 0);
    }
  }

  void expect_drawn(const SlotCellsShape& shape, const Rows& rows, int64_t step) const {
    for (uint64_t s = 0; s < shape.n_slots; ++s) {
      const uint64_t k = static_cast<uint64_t>(step) * shape.n_slots + s;
      const uint64_t item = place_of(rows.view(), shape.seed, k).item;
      ASSERT_EQ(owners[s], static_cast<int64_t>(item));
      expect_numbers(shape, rows.numbers[item], s);
      expect_sums(shape, rows.sums[item], s);
    }
  }
};

SlotCellsShape shape_of(const Case& of, const Rows& rows) {
  return {of.n_slots, of.n_numbers, of.n_lookups, of.n_lookups > 0 ? rows.most_ids + 2 : 0, 5, 9};
}

TEST(SlotCells, WritesTheRowsThatAreDrawn) {
  for (const Case& of : kCases) {
    const Rows rows(of.n_rows, of.n_numbers, of.n_lookups);
    const SlotCellsShape shape = shape_of(of, rows);
    for (const int64_t step : {0, 1, 7}) {
      Result result(shape);
      run_on_host(SlotCells{shape, rows.view(), &step, result.numbers.data(), result.ids.data(), result.shares.data(),
                            result.begins.data(), result.owners.data()});
      result.expect_drawn(shape, rows, step);
    }
  }
}

TEST(SlotCells, ShowsEveryRowOnceAnEpoch) {
  const Rows rows(20, 1, 1);
  const SlotCellsShape shape = shape_of({20, 1, 1, 4}, rows);
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::set<int64_t> seen;
    for (int64_t step = 5 * epoch; step < 5 * (epoch + 1); ++step) {
      Result result(shape);
      run_on_host(SlotCells{shape, rows.view(), &step, result.numbers.data(), result.ids.data(), result.shares.data(),
                            result.begins.data(), result.owners.data()});
      seen.insert(result.owners.begin(), result.owners.end());
    }
    EXPECT_EQ(seen.size(), 20u);
  }
}

TEST(SlotCells, WritesTheRowsThatAreDrawnOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  for (const Case& of : kCases) {
    const Rows rows(of.n_rows, of.n_numbers, of.n_lookups);
    const SlotCellsShape shape = shape_of(of, rows);
    const CudaVector arena(rows.arena);
    const CudaVector begins_of_rows(rows.begins), sizes(rows.sizes);
    for (const int64_t step : {0, 1, 7}) {
      Result result(shape);
      const CudaVector device_step(std::vector<int64_t>{step}), owners(result.owners);
      const CudaVector numbers(result.numbers), shares(result.shares);
      const CudaVector ids(result.ids), begins(result.begins);
      const SlotItems items{arena.data(), begins_of_rows.data(), sizes.data(), rows.size()};
      slot_cells_cuda(
          {shape, items, device_step.data(), numbers.data(), ids.data(), shares.data(), begins.data(), owners.data()},
          nullptr);
      result.numbers = numbers.read();
      result.shares = shares.read();
      result.ids = ids.read();
      result.begins = begins.read();
      result.owners = owners.read();
      result.expect_drawn(shape, rows, step);
    }
  }
}

}  // namespace
}  // namespace gulo
