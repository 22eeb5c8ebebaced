#include "engine/net/pixel_stem.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/round_up.h"
#include "engine/net/grid_kernels.h"
#include "engine/net/row_tiles.h"
#include "engine/net/tile_product.h"

namespace gulo {
namespace {

// Directions of less than this share of the mean variance are noise: they are not raised to one.
constexpr double kWhiteningFloor = 5e-3;

// One picture at a time as float, less the centre, with as many blank pixels around as its patches reach out, and the
// patches of a tile of positions.
class Patches {
 public:
  // Spare values behind each buffer: runs of a patch are copied by fours.
  static constexpr int64_t kSpare = 16;

  Patches(const PixelStem& stem, const at::Tensor& centre)
      : stride_(stem.stride),
        patch_(stem.patch()),
        centre_(read<float>(centre), read<float>(centre) + centre.numel()) {}

  int64_t channels() const { return static_cast<int64_t>(centre_.size()); }
  int64_t n_values() const { return int64_t{patch_} * patch_ * channels(); }

  template <class T>
  void set(const T* pixels, const GridSize& picture, const GridSize& grid) {
    grid_ = grid;
    const int64_t margin = (patch_ - stride_) / 2, height = int64_t{stride_} * (grid.height - 1) + patch_;
    const int64_t run = int64_t{picture.width} * channels();
    row_values_ = (int64_t{stride_} * (grid.width - 1) + patch_) * channels();
    padded_.assign(height * row_values_ + kSpare, 0.f);
    centre_row_.clear();
    for (int64_t x = 0; x < picture.width; ++x) centre_row_.insert(centre_row_.end(), centre_.begin(), centre_.end());
    constexpr float unit = sizeof(T) == 1 ? 1 / 255.f : 1.f;
    for (int64_t y = 0; y < picture.height; ++y, pixels += run) {
      float* out = padded_.data() + (y + margin) * row_values_ + margin * channels();
      for (int64_t i = 0; i < run; ++i) out[i] = unit * static_cast<float>(pixels[i]) - centre_row_[i];
    }
  }

  // Patches of the positions [begin, begin + n), one a row of `stride` floats; kSpare floats behind the last are
  // touched.
  void copy(int64_t begin, int64_t n, int64_t stride, float* out) const {
    const int64_t run = patch_ * channels();
    for (int64_t p = begin; p < begin + n; ++p, out += stride) {
      const float* from =
          padded_.data() + p / grid_.width * stride_ * row_values_ + p % grid_.width * stride_ * channels();
      for (int64_t y = 0; y < patch_; ++y, from += row_values_)
        for (int64_t i = 0; i < run; i += 4) std::memcpy(out + y * run + i, from + i, 4 * sizeof(float));
    }
  }

 private:
  int stride_, patch_;
  std::vector<float> centre_, padded_, centre_row_;
  GridSize grid_;
  int64_t row_values_ = 0;
};

std::vector<GridSize> grids_of(const PixelStem& stem, const std::vector<GridSize>& pictures) {
  std::vector<GridSize> grids;
  for (const GridSize& picture : pictures) grids.push_back(stem.grid(picture));
  return grids;
}

TileMatrix<float> padded_weight(const at::Tensor& weight) {
  const at::Tensor padded = at::zeros({round_up_to_16(weight.size(0)), round_up_to_16(weight.size(1))});
  padded.slice(0, 0, weight.size(0)).slice(1, 0, weight.size(1)).copy_(weight);
  TileMatrix<float> matrix(padded.size(0), padded.size(1));
  matrix.set_weight(read<float>(padded));
  return matrix;
}

template <class In, class Out>
void run_stem(const PixelStem& stem, const In* pixels, const GridLayout& pictures, const GridLayout& grids, Out* rows) {
  const at::Tensor centre = stem.centre.contiguous();
  const TileMatrix<float> weight = padded_weight(stem.weight);
  const int64_t filters = stem.weight.size(1);
  for_each_part(static_cast<int64_t>(grids.n_pictures()), [&](int64_t, int64_t begin, int64_t end) {
    Patches patches(stem, centre);
    Scratch<float> tile(kTileRows * weight.k() + Patches::kSpare), product(kTileRows * weight.n());
    std::memset(tile, 0, (kTileRows * weight.k() + Patches::kSpare) * sizeof(float));
    for (int64_t i = begin; i < end; ++i) {
      const GridSize& grid = grids.sizes()[i];
      patches.set(pixels + pictures.first_row(i) * patches.channels(), pictures.sizes()[i], grid);
      for (int64_t first = 0; first < grid.n_rows(); first += kTileRows) {
        const int64_t n = std::min(kTileRows, grid.n_rows() - first);
        patches.copy(first, n, weight.k(), tile);
        weight.multiply(round_up_to_16(n), tile, weight.k(), product);
        rectify_both_ways(product, weight.n(), n, filters, rows + (grids.first_row(i) + first) * 2 * filters);
      }
    }
  });
}

template <class In>
at::Tensor stem_rows(const PixelStem& stem, const In* pixels, const GridLayout& pictures, at::ScalarType dtype) {
  const GridLayout grids(grids_of(stem, pictures.sizes()));
  const at::Tensor rows = at::empty({grids.n_rows(), 2 * stem.weight.size(1)}, dtype);
  if (dtype == at::kBFloat16)
    run_stem(stem, pixels, pictures, grids, write<uint16_t>(rows));
  else
    run_stem(stem, pixels, pictures, grids, write<float>(rows));
  return rows;
}

// All patches of the pictures, a row each.
template <class In>
at::Tensor all_patches(const PixelStem& stem, const In* pixels, const GridLayout& pictures) {
  const GridLayout grids(grids_of(stem, pictures.sizes()));
  Patches patches(stem, stem.centre);
  const at::Tensor all = at::empty({grids.n_rows() * patches.n_values() + Patches::kSpare});
  for (size_t i = 0; i < grids.n_pictures(); ++i) {
    patches.set(pixels + pictures.first_row(i) * patches.channels(), pictures.sizes()[i], grids.sizes()[i]);
    patches.copy(0, grids.sizes()[i].n_rows(), patches.n_values(),
                 write<float>(all) + grids.first_row(i) * patches.n_values());
  }
  return all.narrow(0, 0, grids.n_rows() * patches.n_values()).view({grids.n_rows(), patches.n_values()});
}

}  // namespace

at::Tensor pixel_stem(const PixelStem& stem, const at::Tensor& pixels, const std::vector<GridSize>& pictures,
                      at::ScalarType dtype) {
  const GridLayout layout(pictures);
  return pixels.scalar_type() == at::kByte ? stem_rows(stem, read<uint8_t>(pixels), layout, dtype)
                                           : stem_rows(stem, read<float>(pixels), layout, dtype);
}

void fit_pixel_stem(PixelStem& stem, int64_t n_filters, const at::Tensor& pixels, const std::vector<GridSize>& pictures,
                    int64_t channels) {
  const at::NoGradGuard no_grad;
  const at::Tensor values = pixels.to(at::kFloat) * (pixels.scalar_type() == at::kByte ? 1 / 255. : 1.);
  stem.centre = values.view({-1, channels}).mean(0);
  const GridLayout layout(pictures);
  const at::Tensor patches = pixels.scalar_type() == at::kByte ? all_patches(stem, read<uint8_t>(pixels), layout)
                                                               : all_patches(stem, read<float>(pixels), layout);
  const at::Tensor covariance = at::mm(patches.t(), patches).to(at::kDouble) / static_cast<double>(patches.size(0));
  const auto [variances, directions] = at::linalg_eigh(covariance);  // ascending
  const double floor = kWhiteningFloor * variances.mean().item<double>() + 1e-12;
  const at::Tensor white = directions / at::sqrt(at::relu(variances) + floor);
  const int64_t n = std::min(n_filters, white.size(1));
  stem.weight = at::zeros({white.size(0), n_filters});
  stem.weight.slice(1, 0, n).copy_(white.flip(1).slice(1, 0, n));
}

}  // namespace gulo
