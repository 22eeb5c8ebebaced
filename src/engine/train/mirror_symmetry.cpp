#include "engine/train/mirror_symmetry.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "engine/feed/pixel_batch.h"
#include "engine/net/batch_targets.h"
#include "engine/net/pixel_stem.h"

namespace gulo {
namespace {

constexpr size_t kMaxItems = 3000;
constexpr int kCells = 4;  // each way
constexpr int32_t kMaxSide = 128;
constexpr double kRidge = 0.03;  // of the mean squared length of an item's features
constexpr double kAllowedLoss = 0.1;

struct Pictures {
  at::Tensor pixels;
  std::vector<GridSize> sizes;
};

// The middle of each picture, so that its mirror image shows the same.
Pictures pack(const Corpus& corpus, const std::vector<uint32_t>& items, int channels, bool mirrored) {
  PixelPacker packer(channels);
  Pictures pictures;
  for (uint32_t item : items) {
    PixelWindow window{.picture = corpus.view(item), .mirrored = mirrored};
    const auto height = static_cast<int32_t>(window.picture.shape.extents[0]);
    const auto width = static_cast<int32_t>(window.picture.shape.extents[1]);
    window.height = std::min(height, kMaxSide);
    window.width = std::min(width, kMaxSide);
    window.top = (height - window.height) / 2;
    window.left = (width - window.width) / 2;
    pictures.sizes.push_back({window.height, window.width});
    packer.add(window);
  }
  pictures.pixels = packer.take().values[0];
  return pictures;
}

// [n, kCells^2 * channels of the stem]: means over the parts; a part without a position is zero.
at::Tensor features(const PixelStem& stem, const Pictures& pictures) {
  const at::Tensor rows = pixel_stem(stem, pictures.pixels, pictures.sizes, at::kFloat);
  const int64_t n = static_cast<int64_t>(pictures.sizes.size());
  const at::Tensor cells = at::empty({rows.size(0)}, at::kLong);
  int64_t* cell = cells.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    const GridSize grid = stem.grid(pictures.sizes[i]);
    for (int32_t y = 0; y < grid.height; ++y)
      for (int32_t x = 0; x < grid.width; ++x)
        *cell++ = (i * kCells + y * kCells / grid.height) * kCells + x * kCells / grid.width;
  }
  const int64_t n_cells = n * kCells * kCells;
  const at::Tensor sums = at::zeros({n_cells, rows.size(1)}).index_add_(0, cells, rows);
  const at::Tensor counts = at::zeros({n_cells}).index_add_(0, cells, at::ones({rows.size(0)}));
  return (sums / counts.clamp_min(1).unsqueeze(1)).view({n, kCells * kCells * rows.size(1)});
}

// Of one label an item how many are right; else the share of the targets' variance that is explained.
double quality(Task task, const at::Tensor& scores, const at::Tensor& targets) {
  if (task == Task::kLabel) return scores.argmax(1).eq(targets.argmax(1)).to(at::kDouble).mean().item<double>();
  const double missed = (scores - targets).square().mean().item<double>();
  return 1 - missed / (targets - targets.mean(0)).square().mean().clamp_min(1e-12).item<double>();
}

}  // namespace

bool is_mirror_symmetric(const Corpus& corpus, const std::vector<uint32_t>& items, const PixelNetworkSpec& spec) {
  const at::NoGradGuard no_grad;
  std::vector<uint32_t> chosen = items;
  Rng(1).shuffle(chosen);
  chosen.resize(std::min(chosen.size(), kMaxItems));
  const auto n = static_cast<int64_t>(chosen.size()), n_train = 2 * n / 3;
  if (n_train == 0 || n_train == n) return true;
  const at::Tensor all_targets = target_rows(batch_targets(corpus, chosen), spec.n_labels);

  const Pictures as_they_are = pack(corpus, chosen, spec.channels, false);
  PixelStem stem{.stride = spec.stem_stride};
  fit_pixel_stem(stem, spec.stem_filters, as_they_are.pixels, as_they_are.sizes, spec.channels);
  const at::Tensor all = features(stem, as_they_are), train = all.slice(0, 0, n_train), middle = train.mean(0);
  const at::Tensor x = train - middle, gram = at::mm(x, x.t());
  const at::Tensor targets = all_targets.slice(0, 0, n_train);
  const double ridge = kRidge * gram.diagonal().mean().item<double>() + 1e-9;
  const at::Tensor dual = at::linalg_solve(gram + ridge * at::eye(n_train), targets - targets.mean(0));
  const at::Tensor weight = at::mm(x.t(), dual), tried = all_targets.slice(0, n_train);

  const bool one_label = corpus.task == Task::kLabel;
  const double chance = one_label ? targets.mean(0).max().item<double>() : 0;
  const double same = quality(corpus.task, at::mm(all.slice(0, n_train) - middle, weight) + targets.mean(0), tried);
  const std::vector<uint32_t> others(chosen.begin() + n_train, chosen.end());
  const at::Tensor images = features(stem, pack(corpus, others, spec.channels, true));
  const double mirrored = quality(corpus.task, at::mm(images - middle, weight) + targets.mean(0), tried);
  const double variance = one_label ? same * (1 - same) : 2 * (1 - same) * (1 - same);
  const double deviation = std::sqrt(variance / static_cast<double>(n - n_train));
  return mirrored >= same - kAllowedLoss * std::max(0., same - chance) - deviation;
}

}  // namespace gulo
