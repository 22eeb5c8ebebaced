// Whether pictures mean the same as their mirror images: photographs do, letters and digits do not.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "model/pixel_network_spec.h"

namespace gulo {

// A linear classifier (ridge regression on the stem's outputs, averaged over 4 x 4 parts of the picture) is fitted to
// some of the items as they are and tried on others, as they are and mirrored: true where mirroring costs it less than
// a tenth of what it has learned. Takes about a second at most. Deterministic.
bool is_mirror_symmetric(const Corpus& corpus, const std::vector<uint32_t>& items, const PixelNetworkSpec& spec);

}  // namespace gulo
