// The definition of byte_stem in plain loops, in double. Slow on purpose: nothing here may need explaining.
#include "kernel/byte_stem.h"

namespace gulo {

void byte_stem_forward_reference(const ByteStemShape& shape, const uint16_t* x, const double* table, const double* bias,
                                 double* out) {
  const size_t taps = shape.taps, width = shape.width;
  for (size_t p = 0; p < shape.n_positions; ++p) {
    for (size_t c = 0; c < width; ++c) {
      double sum = bias[c];
      for (size_t t = 0; t < taps; ++t) sum += table[(t * ByteStemShape::kRows + x[p * taps + t]) * width + c];
      out[p * width + c] = sum;
    }
  }
}

void byte_stem_backward_reference(const ByteStemShape& shape, const uint16_t* x, const double* grad_out,
                                  double* grad_table, double* grad_bias) {
  const size_t taps = shape.taps, width = shape.width;
  for (size_t p = 0; p < shape.n_positions; ++p) {
    for (size_t c = 0; c < width; ++c) {
      const double grad = grad_out[p * width + c];
      grad_bias[c] += grad;
      for (size_t t = 0; t < taps; ++t) grad_table[(t * ByteStemShape::kRows + x[p * taps + t]) * width + c] += grad;
    }
  }
}

}  // namespace gulo
