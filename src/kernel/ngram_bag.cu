#include "kernel/cuda_launch.cuh"
#include "kernel/ngram_bag_blocks.h"

namespace gulo {

void ngram_bag_extract_cuda(const NgramBagShape& shape, const NgramBagItems& items, bool head, uint64_t* seen,
                            const NgramBagIds& ids, void* stream) {
  const NgramBagMark mark{shape, items, head, seen};
  launch("ngram_bag extract", mark.grid(), mark, stream);
  const NgramBagCompact compact{shape.bitmap_words(), seen, ids};
  launch("ngram_bag extract", compact.grid(), compact, stream);
}

void ngram_bag_forward_cuda(const float* table, int width, const NgramBagIds& ids, float* out, void* stream) {
  const NgramBagForward forward{table, width, ids, out};
  launch("ngram_bag forward", forward.grid(), forward, stream);
}

void ngram_bag_update_cuda(float* table, int width, const NgramBagIds& ids, const float* steps, const float* row_rate,
                           void* stream) {
  const NgramBagUpdate update{table, width, ids, steps, row_rate};
  launch("ngram_bag update", update.grid(), update, stream);
}

}  // namespace gulo
