// The transforms around the products of a 3x3 convolution by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray
// 2016, arXiv 1509.09308): every 2x2 square of outputs comes from a patch of 4x4 inputs by 16 products for each pair of
// channels, where nine taps for each of four outputs are 36.
//
//   outputs = A' [U * (B' inputs B)] A,  U = G taps G'   (' transposed, * at each of 16 points)
//
// Rows are one position's `width` channels of float, a multiple of 16. `rows` begins with a row that stands for all
// that lies outside of a picture. patches: of each square the numbers of its patch's 16 rows, line by line, 0 outside;
// the square itself is numbers 5, 6, 9 and 10. points: 16 matrices [n_padded, width], one a point, `next_point` floats
// apart; what is behind n of each is set to zero where points are written.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

constexpr size_t kWinogradPoints = 16;

struct WinogradSquares {
  const int32_t* patches;  // [n, 16]
  size_t n, n_padded;

  // Not a power of two: a square's 16 points would take each other's place in L1.
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
