// Plain loops in double: what the kernels are measured against.
#include <cmath>

#include "kernel/neighbour_norm.h"

namespace gulo {

namespace {

double inverse_rms(const double* row, size_t width) {
  double squares = 0;
  for (size_t c = 0; c < width; ++c) squares += row[c] * row[c];
  return 1 / std::sqrt(squares / static_cast<double>(width) + static_cast<double>(kNeighbourNormEpsilon));
}

}  // namespace

void neighbour_norm_forward_reference(const NeighbourNormShape& shape, const double* x, double* out) {
  const size_t width = shape.width;
  for (size_t i = 0; i < shape.n_rows; ++i)
    for (size_t side = 0; side < 3; ++side) {
      const bool inside = i + side >= 1 && i + side - 1 < shape.n_rows;
      const double* row = inside ? x + (i + side - 1) * width : nullptr;
      for (size_t c = 0; c < width; ++c)
        out[(i * 3 + side) * width + c] = inside ? row[c] * inverse_rms(row, width) : 0;
    }
}

void neighbour_norm_backward_reference(const NeighbourNormShape& shape, const double* x, const double* grad_out,
                                       const double* grad_skip, const uint8_t* keep, double* grad_x) {
  const size_t width = shape.width;
  for (size_t i = 0; i < shape.n_rows; ++i) {
    const double* row = x + i * width;
    const double s = inverse_rms(row, width);
    const auto grad_normal = [&](size_t c) {
      double sum = 0;
      for (size_t side = 0; side < 3; ++side)  // row i is side 0 of the row after it
        if (i + 1 >= side && i + 1 - side < shape.n_rows) sum += grad_out[((i + 1 - side) * 3 + side) * width + c];
      return sum;
    };
    double dot = 0;
    for (size_t c = 0; c < width; ++c) dot += grad_normal(c) * row[c];
    for (size_t c = 0; c < width; ++c)
      grad_x[i * width + c] = keep[i] ? s * grad_normal(c) - row[c] * s * s * s * dot / static_cast<double>(width) +
                                            grad_skip[i * width + c]
                                      : 0;
  }
}

}  // namespace gulo
