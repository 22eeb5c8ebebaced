// libFuzzer's target for tables: the first byte picks the format and the options, the rest is the file. A table gives a
// corpus that holds together, or throws Error; anything else is a finding.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "data/cells.h"
#include "data/table/csv_file.h"
#include "data/table/idx_file.h"
#include "data/table/json_lines_file.h"
#include "data/table/npz_file.h"
#include "data/table/ts_file.h"

namespace gulo {
namespace {

// Two files of one: the first is as long as its first two bytes say, or what there is.
std::pair<std::vector<uint8_t>, std::vector<uint8_t>> two_files(std::span<const uint8_t> bytes) {
  if (bytes.size() < 2) return {};
  const size_t length = std::min<size_t>(bytes[0] | bytes[1] << 8, bytes.size() - 2);
  const auto first = bytes.subspan(2, length), second = bytes.subspan(2 + length);
  return {{first.begin(), first.end()}, {second.begin(), second.end()}};
}

Corpus read_some(unsigned format, std::span<const uint8_t> bytes, TableOptions options) {
  const std::string text(bytes.begin(), bytes.end());
  const auto [first, second] = two_files(bytes);
  switch (format) {
    case 0:
      return read_csv(text, "fuzz", options);
    case 1:
      options.as = Kind::kSamples;
      return read_csv(text, "fuzz", options);
    case 2:
      options.columns = {"a", "2"};
      return read_csv(text, "fuzz", options);
    case 3:
      options.label_column = "-2";
      return read_csv(text, "fuzz", options);
    case 4:
      return read_ts(text, "fuzz", options);
    case 5:
      return read_idx(first, second, "fuzz", options);
    case 6:
      return read_npz_members({{"X", first}, {"y", second}}, "fuzz", options);
    case 7:
      return read_json_lines(text, "fuzz", options);
    case 8:
      options.column = "2";
      return read_json_lines(text, "fuzz", options);
    case 9:
      options.column = "-1";
      return read_csv(text, "fuzz", options);
    default:
      is_list_of_files(text, "fuzz"), is_ts(text);
      return {};
  }
}

void check(const Corpus& corpus, bool labelled) {
  const size_t n_items = corpus.n_items();
  bool good = corpus.offsets.size() == n_items + 1 &&
              (corpus.kind == Kind::kBytes || corpus.shapes.size() == n_items) && corpus.names.size() == n_items &&
              corpus.arena.size() == corpus.n_bytes() + Corpus::kArenaPadding;
  for (size_t i = 0; good && i < n_items; ++i) {
    const ItemView view = corpus.view(i);
    good &= labelled ? static_cast<size_t>(corpus.item_labels[i]) < corpus.labels.size() : corpus.item_labels[i] == -1;
    if (corpus.kind == Kind::kCells)
      good &= CellsView(view.bytes, view.shape.extents[0]).size() == corpus.columns.size();
    else if (corpus.kind == Kind::kBytes)
      good &= corpus.columns.size() == 1;
    else
      good &= view.bytes.size() == view.shape.n_bytes() && !view.bytes.empty();
  }
  if (!good) std::abort();
}

}  // namespace
}  // namespace gulo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  if (n_bytes == 0) return 0;
  const bool labelled = (data[0] & 16) == 0;
  const gulo::TableOptions options{
      .min_labels = 1, .labelled = labelled, .max_bad_fraction = 0, .memory_bytes = 1 << 24};
  try {
    const gulo::Corpus corpus = gulo::read_some(data[0] & 15, {data + 1, n_bytes - 1}, options);
    if (!corpus.arena.empty()) gulo::check(corpus, labelled);
  } catch (const gulo::Error&) {
  }
  return 0;
}
