#include "engine/net/entry_part.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "base/round_up.h"

namespace gulo {

at::Tensor kept_units(at::IntArrayRef shape, int64_t dimension, const EntryPart& part, double dropout,
                      at::Generator generator) {
  const double kept = 1 - dropout;
  std::vector<int64_t> whole = shape.vec();
  const size_t at = static_cast<size_t>(dimension);
  if (part.n_whole > 0) whole[at] = part.n_whole;
  const at::Tensor units = at::empty(whole).bernoulli_(kept, std::move(generator)).div_(kept);
  return part.n_whole > 0 ? units.narrow(dimension, part.first, shape[at]) : units;
}

std::vector<int64_t> part_ends(std::span<const double> costs, int64_t n_parts) {
  const auto n = static_cast<int64_t>(costs.size());
  const double total = std::accumulate(costs.begin(), costs.end(), 0.);
  std::vector<int64_t> ends;
  double before = 0;
  int64_t end = 0;
  for (int64_t part = 1; part <= n_parts; ++part) {
    const double wanted = total * static_cast<double>(part) / static_cast<double>(n_parts);
    const int64_t least = end + 1, most = n - (n_parts - part);
    while (end < most && (end < least || before + 0.5 * costs[static_cast<size_t>(end)] < wanted))
      before += costs[static_cast<size_t>(end++)];
    ends.push_back(part == n_parts ? n : end);
  }
  return ends;
}

Batch bare_part(const Batch& whole, int64_t begin, int64_t end) {
  Batch part;
  const auto of_part = [&](const auto& list) {
    return std::vector(list.begin() + std::min<int64_t>(begin, std::ssize(list)),
                       list.begin() + std::min<int64_t>(end, std::ssize(list)));
  };
  part.owners = of_part(whole.owners);
  part.begins = of_part(whole.begins);
  part.ends = of_part(whole.ends);
  part.n_item_rows = part.begins.empty() ? end - begin : 0;
  const int32_t first_row = part.begins.empty() ? 0 : part.begins.front();
  for (size_t i = 0; i < part.begins.size(); ++i) {
    part.begins[i] -= first_row;
    part.ends[i] -= first_row;
    part.n_item_rows += part.ends[i] - part.begins[i];
  }
  part.first_entry = begin;
  part.n_whole_entries = std::ssize(whole.owners);
  return part;
}

at::Tensor part_of_rows(const Batch& whole, const at::Tensor& values, int64_t begin, int64_t end, int64_t row_values,
                        double blank) {
  const int64_t first = whole.begins[static_cast<size_t>(begin)];
  const int64_t n_rows = whole.ends[static_cast<size_t>(end) - 1] - first;
  std::vector<int64_t> shape = values.sizes().vec();
  shape[0] = round_up_to_16(n_rows + 1) * row_values;
  const at::Tensor part = at::full(shape, blank, values.options());
  part.narrow(0, 0, n_rows * row_values).copy_(values.narrow(0, first * row_values, n_rows * row_values));
  return part;
}

}  // namespace gulo
