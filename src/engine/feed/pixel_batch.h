// Windows of pictures, packed into a batch: the values of one window after the other, each of its own size.
//
// A network has one number of channels: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha. A picture of fewer is
// the same picture in more: grey is equal colours, and without alpha it is opaque. A network that has never seen alpha
// does not look at it, and one that has never seen colours sees their mean.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/batch.h"
#include "engine/feed/slot_batch.h"

namespace gulo {

// Throws Error (kData) for what is no picture: no pixels, or not 1 to 4 channels.
void check_picture(const ItemView& item);

// A window of a picture in training or prediction. It may reach out of the picture by `shift`: what lies there is the
// picture mirrored at its edge.
struct PixelWindow {
  ItemView picture;
  uint32_t owner = 0;
  int32_t top = 0, left = 0;  // may be negative
  int32_t height = 0, width = 0;
  bool mirrored = false;  // left and right exchanged
};

class PixelPacker {
 public:
  explicit PixelPacker(int channels) : channels_(channels) {}
  // Throws Error (kData) for what is no picture.
  void add(const PixelWindow& window);
  bool empty() const { return windows_.empty(); }
  size_t size() const { return windows_.size(); }
  // values: [n_values] uint8, or float in the types' own unit where a picture is of another type; then [n, 2] int32,
  // heights and widths. begins and ends are empty. The packer is empty afterwards.
  Batch take();

 private:
  int channels_;
  std::vector<PixelWindow> windows_;
};

// The same pictures, each in a slot as large as the largest of them; values in the type that they have in the batch.
SlotBatch pictures_in_slots(const Batch& batch, int channels);

}  // namespace gulo
