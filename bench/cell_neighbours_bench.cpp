// neighbour_votes against the same by whole matrices with LibTorch: 4 members of 64 channels, two labels.
//
// train   1,024 rows with each other, forward and backward
// answer  256 rows with 8,192 remembered ones
#include "engine/net/cell_neighbours.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "kernels_bench.h"

namespace gulo {
namespace {

constexpr int64_t kMembers = 4, kWidth = 64, kLabels = 2;

struct Problem {
  at::Tensor places, log_temperature = at::zeros({kMembers, 1, 1}), ids;
  Keys keys;

  Problem(int64_t n_rows, int64_t n_keys) : places(at::randn({kMembers, n_rows, kWidth}) / 8) {
    keys = {at::randn({kMembers, n_keys, kWidth}) / 8, at::randint(2, {n_keys, kLabels}).to(at::kFloat), {}, nullptr};
    keys.tiles = make_key_tiles(keys);
  }
};

template <class Votes>
void register_votes(const std::string& way, const Votes& votes, const std::shared_ptr<Problem>& batch,
                    const std::shared_ptr<Problem>& scan) {
  register_way("cell_neighbours/1024_rows/train/" + way, batch->places.numel() * 4, [=] {
    votes(batch->places, batch->log_temperature, batch->keys, batch->ids).square().sum().backward();
    batch->places.mutable_grad().reset();
    batch->log_temperature.mutable_grad().reset();
  });
  register_way("cell_neighbours/256_of_8192_rows/answer/" + way, scan->places.numel() * 4, [=] {
    const at::NoGradGuard no_grad;
    benchmark::DoNotOptimize(votes(scan->places, scan->log_temperature, scan->keys, at::Tensor()));
  });
}

}  // namespace

void register_cell_neighbours() {
  at::manual_seed(1);
  const auto batch = std::make_shared<Problem>(1024, 1024), scan = std::make_shared<Problem>(256, 8192);
  batch->places.set_requires_grad(true);
  batch->log_temperature.set_requires_grad(true);
  batch->ids = at::arange(1024, at::kInt);
  batch->keys = {batch->places, batch->keys.answers, batch->ids, nullptr};
  register_votes("own", neighbour_votes, batch, scan);
  register_votes("matrices", neighbour_votes_of_matrices, batch, scan);
}

}  // namespace gulo
