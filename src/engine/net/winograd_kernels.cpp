// Layout  rows of `width` floats; 16 channels of a square's rows or points are kept in registers, or, of F(4x4), in L1.
// Moved   each function reads its inputs once and writes its output once, most of it in L2.
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

// The four transforms of one line, from x[0], x[step] ... to y[0], y[y_step] ...; the points of F(4x4) are 0, 1, -1, 2,
// -2 and infinity.

template <size_t kSide>
struct Lines;

template <>
struct Lines<2> {
  static HWY_INLINE void input(const FloatVec* x, size_t step, FloatVec* y) {  // B'
    const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
    y[0] = hn::Sub(a, c);
    y[step] = hn::Add(b, c);
    y[2 * step] = hn::Sub(c, b);
    y[3 * step] = hn::Sub(b, d);
  }

  static HWY_INLINE void output(const FloatVec* x, size_t step, FloatVec* y, size_t y_step) {  // A'
    const FloatVec b = x[step], c = x[2 * step];
    y[0] = hn::Add(x[0], hn::Add(b, c));
    y[y_step] = hn::Sub(hn::Sub(b, c), x[3 * step]);
  }

  static HWY_INLINE void output_gradient(const FloatVec* x, size_t step, FloatVec* y, size_t y_step) {  // A
    const FloatVec a = x[0], b = x[step];
    y[0] = a;
    y[y_step] = hn::Add(a, b);
    y[2 * y_step] = hn::Sub(a, b);
    y[3 * y_step] = hn::Neg(b);
  }

  static HWY_INLINE void input_gradient(const FloatVec* x, size_t step, FloatVec* y) {  // B
    const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
    y[0] = a;
    y[step] = hn::Add(hn::Sub(b, c), d);
    y[2 * step] = hn::Add(hn::Sub(c, a), b);
    y[3 * step] = hn::Neg(d);
  }
};

HWY_INLINE FloatVec times(float factor, FloatVec x) { return hn::Mul(hn::Set(FloatTag(), factor), x); }
HWY_INLINE FloatVec times_plus(float factor, FloatVec x, FloatVec y) {
  return hn::MulAdd(hn::Set(FloatTag(), factor), x, y);
}

template <>
struct Lines<4> {
  static HWY_INLINE void input(const FloatVec* x, size_t step, FloatVec* y) {  // B'
    const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step], e = x[4 * step], f = x[5 * step];
    const FloatVec even = times_plus(-4, c, e), odd = times_plus(-4, b, d);
    const FloatVec even2 = hn::Sub(e, c), odd2 = times(2, hn::Sub(d, b));
    y[0] = times_plus(4, a, times_plus(-5, c, e));
    y[step] = hn::Add(even, odd);
    y[2 * step] = hn::Sub(even, odd);
    y[3 * step] = hn::Add(even2, odd2);
    y[4 * step] = hn::Sub(even2, odd2);
    y[5 * step] = times_plus(4, b, times_plus(-5, d, f));
  }

  static HWY_INLINE void output(const FloatVec* x, size_t step, FloatVec* y, size_t y_step) {  // A'
    const FloatVec b = x[step], c = x[2 * step], d = x[3 * step], e = x[4 * step];
    const FloatVec even = hn::Add(b, c), odd = hn::Sub(b, c), even2 = hn::Add(d, e), odd2 = hn::Sub(d, e);
    y[0] = hn::Add(x[0], hn::Add(even, even2));
    y[y_step] = times_plus(2, odd2, odd);
    y[2 * y_step] = times_plus(4, even2, even);
    y[3 * y_step] = hn::Add(times_plus(8, odd2, odd), x[5 * step]);
  }

  static HWY_INLINE void output_gradient(const FloatVec* x, size_t step, FloatVec* y, size_t y_step) {  // A
    const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
    const FloatVec even = hn::Add(a, c), odd = hn::Add(b, d);
    const FloatVec even2 = times_plus(4, c, a), odd2 = times_plus(8, d, times(2, b));
    y[0] = a;
    y[y_step] = hn::Add(even, odd);
    y[2 * y_step] = hn::Sub(even, odd);
    y[3 * y_step] = hn::Add(even2, odd2);
    y[4 * y_step] = hn::Sub(even2, odd2);
    y[5 * y_step] = d;
  }

  static HWY_INLINE void input_gradient(const FloatVec* x, size_t step, FloatVec* y) {  // B
    const FloatVec a = x[0], b = x[step], c = x[2 * step], d = x[3 * step], e = x[4 * step], f = x[5 * step];
    const FloatVec even = hn::Add(b, c), odd = hn::Sub(b, c), even2 = hn::Add(d, e), odd2 = hn::Sub(d, e);
    y[0] = times(4, a);
    y[step] = times_plus(-4, odd, times_plus(-2, odd2, times(4, f)));
    y[2 * step] = times_plus(-5, a, times_plus(-4, even, hn::Neg(even2)));
    y[3 * step] = times_plus(-5, f, times_plus(2, odd2, odd));
    y[4 * step] = hn::Add(a, hn::Add(even, even2));
    y[5 * step] = f;
  }
};

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
      body(Vectors{squares.patches + squares.n_points() * i, width, c, i * width + c, next_point});
}

void clear_padding(const WinogradSquares& squares, size_t width, float* points) {
  const size_t n_behind = squares.n_padded - squares.n;
  if (n_behind == 0) return;
  for (size_t p = 0; p < squares.n_points(); ++p)
    std::memset(points + p * squares.next_point(width) + squares.n * width, 0, n_behind * width * sizeof(float));
}

// Side of a square's patch; the number among the patch's rows of a square's row.
template <size_t kSide>
constexpr size_t kPatch = kSide + 2;
template <size_t kSide>
constexpr size_t in_patch(size_t y, size_t x) {
  return (y + 1) * kPatch<kSide> + x + 1;
}

template <size_t kSide>
void inputs(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  constexpr size_t n = kPatch<kSide>;
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec x[n * n], y[n * n];
    for (size_t k = 0; k < n * n; ++k) x[k] = load(of.row(rows, k));
    for (size_t k = 0; k < n; ++k) Lines<kSide>::input(x + k, n, y + k);
    for (size_t k = 0; k < n; ++k) Lines<kSide>::input(y + n * k, 1, x + n * k);
    for (size_t k = 0; k < n * n; ++k) store(x[k], of.point(points, k));
  });
  clear_padding(squares, width, points);
}

template <size_t kSide>
void outputs(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  constexpr size_t n = kPatch<kSide>;
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec x[n * n], y[n * kSide], out[kSide * kSide];
    for (size_t k = 0; k < n * n; ++k) x[k] = load(of.point(points, k));
    for (size_t k = 0; k < n; ++k) Lines<kSide>::output(x + n * k, 1, y + kSide * k, 1);
    for (size_t k = 0; k < kSide; ++k) Lines<kSide>::output(y + k, kSide, out + k, kSide);
    for (size_t k = 0; k < kSide * kSide; ++k) store(out[k], of.row(rows, in_patch<kSide>(k / kSide, k % kSide)));
  });
}

// Nothing comes from outside of a picture, whatever the first row holds.
template <size_t kSide>
void output_gradients(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  constexpr size_t n = kPatch<kSide>;
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec in[kSide * kSide], y[n * kSide], x[n * n];
    for (size_t k = 0; k < kSide * kSide; ++k) {
      const size_t row = in_patch<kSide>(k / kSide, k % kSide);
      in[k] = of.patch[row] > 0 ? load(of.row(rows, row)) : hn::Zero(FloatTag());
    }
    for (size_t k = 0; k < kSide; ++k) Lines<kSide>::output_gradient(in + k, kSide, y + k, kSide);
    for (size_t k = 0; k < n; ++k) Lines<kSide>::output_gradient(y + kSide * k, 1, x + n * k, 1);
    for (size_t k = 0; k < n * n; ++k) store(x[k], of.point(points, k));
  });
  clear_padding(squares, width, points);
}

template <size_t kSide>
void add_input_gradients(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  constexpr size_t n = kPatch<kSide>;
  for_each_vector(squares, width, [&](const Vectors& of) HWY_ATTR {
    FloatVec x[n * n], y[n * n];
    for (size_t k = 0; k < n * n; ++k) x[k] = load(of.point(points, k));
    for (size_t k = 0; k < n; ++k) Lines<kSide>::input_gradient(x + n * k, 1, y + n * k);
    for (size_t k = 0; k < n; ++k) Lines<kSide>::input_gradient(y + k, n, x + k);
    for (size_t k = 0; k < n * n; ++k) store(hn::Add(load(of.row(rows, k)), x[k]), of.row(rows, k));
  });
}

void Inputs(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  squares.side == 2 ? inputs<2>(rows, squares, width, points) : inputs<4>(rows, squares, width, points);
}

void Outputs(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  squares.side == 2 ? outputs<2>(points, squares, width, rows) : outputs<4>(points, squares, width, rows);
}

void OutputGradients(const float* rows, const WinogradSquares& squares, size_t width, float* points) {
  squares.side == 2 ? output_gradients<2>(rows, squares, width, points)
                    : output_gradients<4>(rows, squares, width, points);
}

void AddInputGradients(const float* points, const WinogradSquares& squares, size_t width, float* rows) {
  squares.side == 2 ? add_input_gradients<2>(points, squares, width, rows)
                    : add_input_gradients<4>(points, squares, width, rows);
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
