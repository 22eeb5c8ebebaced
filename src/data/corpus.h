// All items' values in one contiguous arena, with offsets and labels.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/arena.h"
#include "data/fields.h"
#include "data/item.h"
#include "data/reader/reader.h"
#include "data/source.h"
#include "data/task.h"

namespace gulo {

struct Corpus {
  Arena arena;                           // the items' bytes, one after the other, then kArenaPadding zero bytes
  std::vector<uint64_t> offsets{0};      // [n_items + 1]: item i is arena[offsets[i] .. offsets[i+1])
  std::vector<int> item_labels;          // [n_items], index into `labels`; of other tasks a stratum (data/split.h)
  std::vector<std::string> names;        // [n_items], for people: bytes that are not UTF-8 are written \xNN
  std::vector<uint64_t> content_hashes;  // [n_items], XXH3-64 of the bytes
  std::vector<std::string> labels;       // what an answer has a value for: the labels, or "number"
  uint64_t n_bad = 0;                    // unreadable items, left out

  Task task = Task::kLabel;
  std::optional<Task> declared_task;         // what the data themselves say that it is
  std::vector<std::vector<int>> label_sets;  // of several labels an item: [n_items], each ascending
  std::vector<double> numbers;               // of a number an item: [n_items]
  NumberUnit number_unit;                    // of that task, as learners give them (set_number_unit)

  Kind kind = Kind::kBytes;
  std::vector<ItemShape> shapes;     // [n_items]; of bytes empty, as a length says all
  std::vector<std::string> columns;  // of cells: their names (data/cells.h); of bytes that were such: the one column
  std::vector<FieldColumn> fields;   // of kind fields

  static constexpr size_t kArenaPadding = kItemPadding;  // kernels may read, never use, this much past an item's end

  size_t n_items() const { return item_labels.size(); }
  // Of a corpus in a file an item stays readable for ever, and in memory until about shard_bytes more were asked for.
  std::span<const uint8_t> item(size_t i) const {
    const auto n_bytes = static_cast<size_t>(offsets[i + 1] - offsets[i]);
    arena.looked_at(n_bytes);
    return {arena.data() + offsets[i], n_bytes};
  }
  ItemView view(size_t i) const { return shapes.empty() ? bytes_view(item(i)) : ItemView{shapes[i], item(i)}; }
  std::vector<ItemView> views(std::span<const uint32_t> items) const;
  uint64_t n_bytes() const { return offsets.back(); }
};

struct CorpusOptions {
  double max_bad_fraction = 0.01;  // more unreadable items than this is an error (--max-bad)
  uint64_t memory_bytes = 0;       // 0: half of the machine's free memory
  std::string spill_folder{};      // where a larger corpus lies in a temporary file; empty: it is an error
  int n_threads = 1;
};

// What `options` allow to a corpus now.
ArenaLimits arena_limits(uint64_t memory_bytes, const std::string& spill_folder);

// Reads every item of the listing, in parallel, with progress. An unreadable or vanished item is counted and warned of.
// Of an item that shrank since it was listed what is left is taken, of one that grew as much as was listed. Throws
// Error (kData) where too many items are bad or the archive is broken, (kDevice) before it takes more memory, or space
// on the disk, than there is.
Corpus read_corpus(const Listing& listing, const CorpusOptions& options);

// Puts the items of `more`, of the same task, behind those of `to`. Labels are matched by name; one that `to` has not
// is an Error (kData) that names `more_data`.
void append_corpus(Corpus& to, const Corpus& more, const std::string& more_data);

}  // namespace gulo
