// What pixel_stem.h and pixel_body.h compute, over pictures in slots of one size (feed/slot_batch.h), for any device,
// with LibTorch's operations: convolutions in `dtype` with the channels innermost, which are cuDNN's on a CUDA device.
// No shape depends on the data and the host never waits, so a CUDA graph can hold them. On the CPU the others are
// faster.
//
// A picture lies in the upper left corner of its slot. What is blank is zero in every layer, counts in no statistic and
// is never a maximum, so that a picture's features are those of pixel_body(), whatever its slot's size.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/net/pixel_body.h"
#include "engine/net/pixel_stem.h"

namespace gulo {

// Channels of positions, or pixels.
struct SlotGrid {
  at::Tensor x;      // [n_slots, channels, height, width]
  at::Tensor sizes;  // int32 [n_slots, 2]: heights and widths of what is not blank; undefined: every slot is full
};

// pixels: [n_slots, side, side, channels] float, 0 to 1; sizes as SlotGrid's. No gradient flows back.
SlotGrid slot_pixel_stem(const PixelStem& stem, const at::Tensor& pixels, const at::Tensor& sizes,
                         at::ScalarType dtype);

// Returns [n_slots, 2 * channels of the last layer] float: means, then maxima. training: the batch's statistics are put
// into the layers' mean and variance, as pixel_body() does.
at::Tensor slot_pixel_body(SlotGrid grid, const std::vector<PixelLayer>& layers, bool training);

}  // namespace gulo
