#include "engine/train/deep_setup.h"

#include <stdexcept>

#include "engine/train/cell_plan.h"
#include "engine/train/deep_plan.h"
#include "engine/train/pixel_plan.h"
#include "engine/train/sample_plan.h"

namespace gulo {

DeepSetup setup_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                     uint64_t seed, at::ScalarType dtype) {
  switch (corpus.kind) {
    case Kind::kBytes:
      return setup_bytes(corpus, train, plan_deep(corpus, train, seconds, flops_per_s), seed, dtype);
    case Kind::kSamples: return setup_samples(corpus, train, seconds, flops_per_s, seed, dtype);
    case Kind::kPixels: return setup_pixels(corpus, train, seconds, flops_per_s, seed, dtype);
    case Kind::kCells: return setup_cells(corpus, train, seconds, flops_per_s, seed, dtype);
  }
  throw std::logic_error("no network for this kind");
}

}  // namespace gulo
