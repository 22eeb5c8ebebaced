// Windows of signals, packed into batches of one fixed shape for the deep part.
//
// A batch has n_coarse_rows rows of coarse_row_samples times. Windows lie one after the other, each filled up with
// zeros to whole coarse rows and followed by gap_rows blank ones; rows left over are blank.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/reader/reader.h"
#include "engine/feed/batch.h"
#include "engine/feed/slot_batch.h"

namespace gulo {

struct SampleBatchShape {
  int64_t n_coarse_rows = 0;
  int coarse_row_samples = 0;
  int channels = 1;  // the most of any item
  int gap_rows = 1;
};

// values: [n_times, channels], raw: NaN where missing. `lead` zeros are put before them.
struct SampleWindow {
  std::span<const float> values;
  uint32_t channels = 1;
  uint32_t rate_hz = 0;
  uint32_t owner = 0;
  uint32_t lead = 0;
  int64_t n_item_bytes = 0;  // that the values were read from
};

// What lies where in Batch::values.
//   signal  [n_coarse_rows * coarse_row_samples, channels] float
//   places  [n_entries, 3] int64: first time, number of times, number of channels
//   rates   [n_entries] float: rate_value()
// begins, ends and n_item_rows count coarse rows.
enum SampleValues : size_t { kSignal, kPlaces, kRates, kNSampleValues };

class SamplePacker {
 public:
  explicit SamplePacker(const SampleBatchShape& shape);
  // Puts the window into the batch, or returns false where it does not fit any more. An empty window takes one row; one
  // that is longer than a whole batch, or of more channels than the shape's, is an error of the caller's.
  bool add(const SampleWindow& window);
  bool empty() const { return batch_.owners.empty(); }
  // The batch so far, blank behind its last window; the packer starts a new one.
  Batch take();

 private:
  SampleBatchShape shape_;
  Batch batch_;
  at::Tensor signal_;
  std::vector<int64_t> places_;
  std::vector<float> rates_;
  int64_t next_row_ = 0;
};

// What a network sees of a rate: log2(rate / 8000 Hz), 0 where it is not known.
float rate_value(uint32_t rate_hz);

// The same entries in slots, in order, as few batches as may be: those of a batch have slots as large as the largest of
// them and a blank row, and take at most `max_coarse_rows` together, or there is one of them.
std::vector<SlotBatch> signals_in_slots(const Batch& batch, int coarse_row_samples, int64_t max_coarse_rows);

// The coarse rows that a window of so many times takes, without lead and gap.
int64_t rows_for_samples(int64_t n_times, int coarse_row_samples);

// The times [begin, begin + n) of a signal, as floats.
std::vector<float> signal_values(const ItemView& item, size_t begin, size_t n);

}  // namespace gulo
