#include "engine/feed/slot_part.h"

#include <cassert>

namespace gulo {

double take_part(DrawnSlots& drawn, int rank, int n_ranks) {
  const int64_t n_slots = drawn.batch.n_slots, begin = n_slots * rank / n_ranks, end = n_slots * (rank + 1) / n_ranks;
  assert(begin < end);
  // Whatever a value is, each slot has as much of it as the others.
  const auto cut = [&](at::Tensor& values) {
    if (!values.defined()) return;
    const int64_t per_slot = values.size(0) / n_slots;
    values = values.narrow(0, begin * per_slot, (end - begin) * per_slot);
  };
  for (at::Tensor& values : drawn.batch.values) cut(values);
  cut(drawn.targets);
  drawn.batch.n_slots = end - begin;
  return static_cast<double>(end - begin) / static_cast<double>(n_slots);
}

}  // namespace gulo
