#include "engine/feed/cell_batch.h"

#include <ATen/ATen.h>
#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "base/error.h"
#include "data/cells.h"

namespace gulo {
namespace {

// Equal texts in two columns, or as a cell and as an n-gram, have different rows.
int64_t row_of(std::string_view text, uint64_t salt, int log2_rows) {
  return static_cast<int64_t>(XXH3_64bits_withSeed(text.data(), text.size(), salt) >> (64 - log2_rows));
}

void add_ngrams(std::string_view text, uint64_t salt, int log2_rows, std::vector<int64_t>& ids) {
  const std::string marked = fmt::format("\x02{}\x03", text);
  for (size_t order = 2; order <= 4; ++order)
    for (size_t i = 0; i + order <= marked.size(); ++i)
      ids.push_back(row_of(std::string_view(marked).substr(i, order), salt, log2_rows));
}

void check_row(const CellLayout& layout, const ItemView& row) {
  require(row.shape.extents[0] == layout.columns.size(), ErrorKind::kData,
          fmt::format("a row has {} cells, not {}", row.shape.extents[0], layout.columns.size()),
          "give a table with the columns of the one that was trained on");
}

at::Tensor as_tensor(const std::vector<int64_t>& values) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

}  // namespace

int64_t CellLayout::n_numbers() const {
  return std::count_if(columns.begin(), columns.end(), [](const CellColumn& column) { return column.number; });
}

int64_t CellLayout::n_lookups() const {
  return std::accumulate(columns.begin(), columns.end(), int64_t{0}, [](int64_t sum, const CellColumn& column) {
    return sum + (column.value ? 1 : 0) + (column.text ? 1 : 0);
  });
}

at::Tensor cell_shares(const at::Tensor& begins, int64_t n_ids) {
  const at::Tensor shares = at::empty({n_ids}, at::kFloat);
  const int64_t *from = begins.const_data_ptr<int64_t>(), n = begins.numel();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t end = i + 1 < n ? from[i + 1] : n_ids;
    const auto share = static_cast<float>(1 / std::sqrt(static_cast<double>(std::max<int64_t>(1, end - from[i]))));
    std::fill(shares.mutable_data_ptr<float>() + from[i], shares.mutable_data_ptr<float>() + end, share);
  }
  return shares;
}

Batch cell_batch(const CellLayout& layout, std::span<const ItemView> rows) {
  Batch batch;
  const auto n = static_cast<int64_t>(rows.size());
  const at::Tensor numbers = at::empty({n, layout.n_numbers()}, at::kFloat);
  float* number = numbers.mutable_data_ptr<float>();
  std::vector<int64_t> ids, begins;
  for (const ItemView& row : rows) {
    check_row(layout, row);
    const CellsView cells(row.bytes, layout.columns.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      const CellColumn& column = layout.columns[i];
      if (column.number) *number++ = cells.number(i);
      if (column.value) {
        begins.push_back(static_cast<int64_t>(ids.size()));
        ids.push_back(row_of(cells.text(i), 2 * i, layout.log2_rows));
      }
      if (column.text) {
        begins.push_back(static_cast<int64_t>(ids.size()));
        add_ngrams(cells.text(i), 2 * i + 1, layout.log2_rows, ids);
      }
    }
    batch.owners.push_back(static_cast<uint32_t>(batch.owners.size()));
    batch.n_item_bytes += static_cast<int64_t>(row.bytes.size());
  }
  batch.n_item_rows = n;
  const at::Tensor starts = as_tensor(begins);
  batch.values = {numbers, as_tensor(ids), cell_shares(starts, static_cast<int64_t>(ids.size())), starts};
  return batch;
}

}  // namespace gulo
