// The transforms around the products of a 3x3 convolution by Winograd's minimal filtering F(2x2, 3x3) and F(4x4, 3x3)
// (Lavin and Gray 2016, arXiv 1509.09308): every square of side x side outputs comes from a patch of side + 2 inputs
// each way by a product at each of (side + 2)^2 points for each pair of channels: 16 for 4 outputs, or 36 for 16, where
// nine taps for each of them are 36 and 144.
//
//   outputs = A' [U * (B' inputs B)] A,  U = G taps G'   (' transposed, * at each point)
//
// Rows are one position's `width` channels of float, a multiple of 16. `rows` begins with a row that stands for all
// that lies outside of a picture. points: a matrix [n_padded, width] for each point, `next_point` floats apart; what is
// behind n of each is set to zero where points are written.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

struct WinogradSquares {
  size_t side;             // 2 or 4
  const int32_t* patches;  // [n, n_points()] the numbers of a patch's rows, line by line, 0 outside
  size_t n, n_padded;

  size_t n_points() const { return (side + 2) * (side + 2); }
  // Not a power of two: a square's points would take each other's place in L1.
  size_t next_point(size_t width) const { return n_padded * width + 16; }
};

// points = B' inputs B.
void winograd_inputs(const float* rows, const WinogradSquares& squares, size_t width, float* points);
// The squares' rows = A' points A; what is outside of a picture is written into the first row.
void winograd_outputs(const float* points, const WinogradSquares& squares, size_t width, float* rows);

// Backwards: points = A gradients A', of the gradients of the squares' rows.
void winograd_output_gradients(const float* rows, const WinogradSquares& squares, size_t width, float* points);
// Backwards: the patches' rows += B points B', the first row among them.
void add_winograd_input_gradients(const float* points, const WinogradSquares& squares, size_t width, float* rows);

}  // namespace gulo
