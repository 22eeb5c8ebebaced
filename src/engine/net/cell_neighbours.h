// Rows compared with keys, rows whose answers are known: soft nearest neighbours, as an autograd function.
//
// On the CPU the comparisons exist only as tiles that stay in cache: the softmax over a row's keys is made block by
// block, and made again when the loss is differentiated (Dao et al. 2022, "FlashAttention", arXiv 2205.14135, with
// distances in the place of products). On a device LibTorch's own functions do the same with whole matrices.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "engine/net/tile_product.h"

namespace gulo {

// The keys of all members, in blocks, as matrix products want them.
struct KeyTiles {
  std::vector<TileMatrix<float>> places;   // [width, keys of a block], block after block, member after member
  std::vector<TileMatrix<float>> answers;  // [keys of a block, outputs]
  at::Tensor square_norms, ids;            // [members, keys], [keys] int or undefined
};

// places: [members, n_keys, width] float, width a multiple of 16. answers: [n_keys, n_outputs] float, no gradient flows
// back to them. ids: [n_keys] integers, which row each key is; undefined where no row is compared with itself.
struct Keys {
  at::Tensor places, answers, ids;
  std::shared_ptr<const KeyTiles> tiles;  // of these; null: made for one call
};

// Null where they are on a device.
std::shared_ptr<const KeyTiles> make_key_tiles(const Keys& keys);

// places: [members, n, width] float, as the keys' may need gradients; log_temperature: [members, 1, 1]; ids: [n], there
// if the keys' are. Returns [members, n, n_outputs], of each row the mean of the keys' answers with the weights
// softmax(-temperature * distance); members of the first half take the distance's square. A key with the row's own id
// has no weight, unless there is no other.
at::Tensor neighbour_votes(const at::Tensor& places, const at::Tensor& log_temperature, const Keys& keys,
                           const at::Tensor& ids = {});

// The same by whole matrices, on any device: what neighbour_votes() is tested against.
at::Tensor neighbour_votes_of_matrices(const at::Tensor& places, const at::Tensor& log_temperature, const Keys& keys,
                                       const at::Tensor& ids = {});

}  // namespace gulo
