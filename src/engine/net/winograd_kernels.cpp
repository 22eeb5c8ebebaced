// Layout  rows of `width` floats; a square's 16 rows or points of 16 channels are kept in registers.
// Moved   each function reads its inputs once and writes its output once, all of it in L2.
// Arrays of vectors are not allowed for the sizeless types of SVE and RVV: those machines use NEON.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/net/winograd_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <cstring>

#include "engine/net/row_vectors-inl.h"
#include "engine/net/winograd_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {

// The four transforms of one line, from x[0], x[step] ... to y[0], y[step] ...

HWY_INLINE void input_line(const FloatVec* x, size_t step, FloatVec* y) {  // B'
  const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
  y[0] = hn::Sub(a, c);
  y[step] = hn::Add(b, c);
  y[2 * step] = hn::Sub(c, b);
  y[3 * step] = hn::Sub(b, d);
}

HWY_INLINE void output_line(const FloatVec* x, size_t step, FloatVec* y, size_t y_step) {  // A'
  const FloatVec b = x[step], c = x[2 * step];
  y[0] = hn::Add(x[0], hn::Add(b, c));
  y[y_step] = hn::Sub(hn::Sub(b, c), x[3 * step]);
}

HWY_INLINE void output_gradient_line(const FloatVec* x, size_t x_step, FloatVec* y, size_t step) {  // A
  const FloatVec a = x[0], b = x[x_step];
  y[0] = a;
  y[step] = hn::Add(a, b);
  y[2 * step] = hn::Sub(a, b);
  y[3 * step] = hn::Neg(b);
}

HWY_INLINE void input_gradient_line(const FloatVec* x, size_t step, FloatVec* y) {  // B
  const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
  y[0] = a;
  y[step] = hn::Add(hn::Sub(b, c), d);
  y[2 * step] = hn::Add(hn::Sub(c, a), b);
  y[3 * step] = hn::Neg(d);
}

constexpr size_t kSquare[4] = {5, 6, 9, 10};  // numbers of a square's rows among its patch's

// Where some channels of a square lie: in its patch's rows and at its points.
struct Vectors {
  const int32_t* patch;
  size_t width, c;        // of rows; the first channel
  size_t at, next_point;  // of the first point; from one to the next

  template <class T>
  T* row(T* rows, size_t k) const {
    return rows + static_cast<size_t>(patch[k]) * width + c;
  }
  template <class T>
  T* point(T* points, size_t k) const {
    return points + k * next_point + at;
  }
};

// body(Vectors) for each vector of channels of each square.
template <class Body>
HWY_INLINE void for_each_vector(const WinogradSquares& squares, size_t width, const Body& body) {
  const size_t lanes = hn::Lanes(FloatTag()), next_point = squares.next_point(width);
  for (size_t i = 0; i < squares.n; ++i)
    for (size_t c = 0; c < width; c += lanes)
      body(Vectors{squares.patches + 16 * i, width, c, i * width + c, next_point});
}

void clear_padding(const WinogradSquares& squares, size_t width, float* points) {
  const size_t n_behind = squares.n_padded - squares.n;
  if (n_behind == 0) return;
  for (size_t p = 0; p < kWinogradPoints; ++p)
    std::memset(points + p * squares.next_point(width) + squares.n * width, 0, n_behind * width * sizeof(float));
}

void Inputs(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec x[16], y[16];
    for (size_t k = 0; k < 16; ++k) x[k] = load(of.row(rows, k));
    for (size_t k = 0; k < 4; ++k) input_line(x + 4 * k, 1, y + 4 * k);
    for (size_t k = 0; k < 4; ++k) input_line(y + k, 4, x + k);
    for (size_t k = 0; k < 16; ++k) store(x[k], of.point(points, k));
  });
  clear_padding(squares, width, points);
}

void Outputs(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec x[16], y[8], out[4];
    for (size_t k = 0; k < 16; ++k) x[k] = load(of.point(points, k));
    for (size_t k = 0; k < 4; ++k) output_line(x + 4 * k, 1, y + 2 * k, 1);
    for (size_t k = 0; k < 2; ++k) output_line(y + k, 2, out + k, 2);
    for (size_t k = 0; k < 4; ++k) store(out[k], of.row(rows, kSquare[k]));
  });
}

// Nothing comes from outside of a picture, whatever the first row holds.
void OutputGradients(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec in[4], y[8], x[16];
    for (size_t k = 0; k < 4; ++k)
      in[k] = of.patch[kSquare[k]] > 0 ? load(of.row(rows, kSquare[k])) : hn::Zero(FloatTag());
    for (size_t k = 0; k < 2; ++k) output_gradient_line(in + k, 2, y + k, 2);
    for (size_t k = 0; k < 4; ++k) output_gradient_line(y + 2 * k, 1, x + 4 * k, 1);
    for (size_t k = 0; k < 16; ++k) store(x[k], of.point(points, k));
  });
  clear_padding(squares, width, points);
}

void AddInputGradients(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec x[16], y[16];
    for (size_t k = 0; k < 16; ++k) x[k] = load(of.point(points, k));
    for (size_t k = 0; k < 4; ++k) input_gradient_line(x + 4 * k, 1, y + 4 * k);
    for (size_t k = 0; k < 4; ++k) input_gradient_line(y + k, 4, x + k);
    for (size_t k = 0; k < 16; ++k) store(hn::Add(load(of.row(rows, k)), x[k]), of.row(rows, k));
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(Inputs);
HWY_EXPORT(Outputs);
HWY_EXPORT(OutputGradients);
HWY_EXPORT(AddInputGradients);

void winograd_inputs(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  HWY_DYNAMIC_DISPATCH(Inputs)(rows, squares, width, points);
}
void winograd_outputs(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  HWY_DYNAMIC_DISPATCH(Outputs)(points, squares, width, rows);
}
void winograd_output_gradients(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  HWY_DYNAMIC_DISPATCH(OutputGradients)(rows, squares, width, points);
}
void add_winograd_input_gradients(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  HWY_DYNAMIC_DISPATCH(AddInputGradients)(points, squares, width, rows);
}

}  // namespace gulo
#endif
