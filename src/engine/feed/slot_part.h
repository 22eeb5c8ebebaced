// The slots that one of several processes learns from, of a batch that all of them draw.
#pragma once

#include "engine/feed/slot_feed.h"

namespace gulo {

// The rank's slots only, about as many as any other's; there are at least as many slots as ranks. Returns which share
// of the batch they are.
double take_part(DrawnSlots& drawn, int rank, int n_ranks);

}  // namespace gulo
