#include "engine/feed/cell_slots.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/device/device_graph.h"

namespace gulo {
namespace {

constexpr size_t kRowsAtATime = 1024;

// What the corpus itself does not take of the memory that it may.
ArenaLimits limits_beside(const Arena& arena) {
  ArenaLimits limits = arena.limits();
  limits.memory_bytes -= std::min<uint64_t>(limits.memory_bytes, arena.in_file() ? arena.shard_bytes() : arena.size());
  return limits;
}

template <class Value>
void append(std::vector<uint8_t>& bytes, Value value) {
  const auto* from = reinterpret_cast<const uint8_t*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof(Value));
}

// A row of a batch as an item of the kernel's.
class RowPacker {
 public:
  RowPacker(const Batch& batch, const CellLayout& layout)
      : numbers_(batch.values[kCellNumbers].const_data_ptr<float>()),
        ids_(batch.values[kCellRows].const_data_ptr<int64_t>()),
        begins_(batch.values[kCellBegins].const_data_ptr<int64_t>()),
        n_ids_(batch.values[kCellRows].numel()),
        n_begins_(batch.values[kCellBegins].numel()),
        n_numbers_(layout.n_numbers()),
        n_lookups_(layout.n_lookups()) {}

  uint32_t n_ids(int64_t row) const { return static_cast<uint32_t>(begin(row + 1) - begin(row)); }

  std::vector<uint8_t> pack(int64_t row) const {
    std::vector<uint8_t> bytes;
    for (int64_t i = 0; i < n_numbers_; ++i) append(bytes, numbers_[row * n_numbers_ + i]);
    for (int64_t i = 0; i < n_lookups_; ++i)
      append(bytes, static_cast<uint32_t>(begins_[row * n_lookups_ + i] - begin(row)));
    for (int64_t i = begin(row); i < begin(row + 1); ++i) append(bytes, static_cast<uint32_t>(ids_[i]));
    return bytes;
  }

 private:
  int64_t begin(int64_t row) const { return row * n_lookups_ < n_begins_ ? begins_[row * n_lookups_] : n_ids_; }

  const float* numbers_;
  const int64_t *ids_, *begins_;
  int64_t n_ids_, n_begins_, n_numbers_, n_lookups_;
};

void add_rows(const Corpus& corpus, std::span<const uint32_t> items, const CellLayout& layout, CellRows& rows) {
  const Batch batch = cell_batch(layout, corpus.views(items));
  const RowPacker packer(batch, layout);
  for (int64_t row = 0; row < std::ssize(items); ++row) {
    rows.items.arena.append(packer.pack(row));
    rows.items.offsets.push_back(rows.items.arena.size());
    rows.most_ids = std::max(rows.most_ids, packer.n_ids(row));
  }
  rows.mean_bytes += static_cast<double>(batch.n_item_bytes);
}

std::vector<uint32_t> places(size_t n) {
  std::vector<uint32_t> all(n);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

SlotSort sort_of(const CellRows& rows, int64_t n_slots, uint64_t seed) {
  uint64_t most_bytes = 1;
  for (size_t i = 0; i + 1 < rows.items.offsets.size(); ++i)
    most_bytes = std::max(most_bytes, rows.items.offsets[i + 1] - rows.items.offsets[i]);
  return {n_slots, most_bytes, seed};
}

}  // namespace

CellRows cell_rows(const Corpus& corpus, const std::vector<uint32_t>& items, const CellLayout& layout) {
  CellRows rows;
  rows.items.arena.set_limits(limits_beside(corpus.arena));
  for (size_t i = 0; i < items.size(); i += kRowsAtATime)
    add_rows(corpus, std::span(items).subspan(i, std::min(kRowsAtATime, items.size() - i)), layout, rows);
  rows.items.arena.resize(rows.items.arena.size() + Corpus::kArenaPadding);
  rows.mean_bytes /= static_cast<double>(items.size());
  return rows;
}

CellSlots::CellSlots(CellRows of, const at::Tensor& targets, const CellLayout& layout, int64_t n_slots, uint64_t seed,
                     const DeviceRoom& room)
    : CellRowsOfFeed{std::move(of)},
      SlotFeed(rows.items, places(rows.items.offsets.size() - 1), targets, sort_of(rows, n_slots, seed), room) {
  shape_.n_slots = static_cast<uint32_t>(n_slots);
  shape_.n_numbers = static_cast<uint32_t>(layout.n_numbers());
  shape_.n_lookups = static_cast<uint32_t>(layout.n_lookups());
  shape_.slot_ids = rows.most_ids;
  shape_.n_rows = uint32_t{1} << layout.log2_rows;
  shape_.seed = seed;
  mean_bytes_ = rows.mean_bytes;
  if (!streams()) rows.items = {};
}

std::vector<at::Tensor> CellSlots::draw(const at::Tensor& owners) {
  const int64_t n = shape_.n_slots;
  const at::Tensor numbers = empty({n, shape_.n_numbers}, at::kFloat), ids = empty({n, shape_.slot_ids}, at::kInt),
                   shares = empty({n, shape_.slot_ids}, at::kFloat), begins = empty({n, shape_.n_lookups}, at::kInt);
  const SlotCells kernel{shape_,
                         items(),
                         step(),
                         pointer_to<float>(numbers),
                         pointer_to<int32_t>(ids),
                         pointer_to<float>(shares),
                         pointer_to<int32_t>(begins),
                         pointer_to<int64_t>(owners)};
  if (on_cuda())
    slot_cells_cuda(kernel, current_cuda_stream());
  else
    run_on_host(kernel);
  return {numbers, ids, shares, begins, owners};
}

}  // namespace gulo
