#include "engine/net/cell_neighbours.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/round_up.h"
#include "engine/net/cell_neighbour_kernels.h"
#include "engine/net/padded.h"
#include "engine/net/row_tiles.h"
#include "engine/net/transpose.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// A tile of products, of their gradients, and a block of keys are in L2 together.
constexpr int64_t kBlockKeys = 256;
constexpr double kNoId = std::numeric_limits<int32_t>::min();

// `size` along a dimension, what is new filled with `value`; contiguous.
at::Tensor lengthened(const at::Tensor& x, int64_t dimension, int64_t size, double value) {
  return (size > x.size(dimension) ? padded(x, dimension, 0, size, value) : x).contiguous();
}

// Which part of the keys a block is.
struct KeyRange {
  int64_t begin, n;
};
int64_t n_blocks(int64_t n_keys) { return (n_keys + kBlockKeys - 1) / kBlockKeys; }
KeyRange key_range(int64_t block, int64_t n_keys) {
  const int64_t begin = block * kBlockKeys;
  return {begin, std::min(kBlockKeys, n_keys - begin)};
}

// Rows and keys as the kernels see them. All sizes but n_rows are padded to multiples of 16: keys that are not there
// are far away, outputs zero.
class Comparison {
 public:
  Comparison(const at::Tensor& places, const at::Tensor& log_temperature, const KeyTiles& tiles, const at::Tensor& ids)
      : tiles_(tiles),
        places_(places.detach().contiguous()),
        square_norms_(places_.square().sum(2)),
        temperature_(log_temperature.detach().exp().contiguous()),
        ids_(ids.defined() ? ids.to(at::kInt).contiguous() : ids) {}

  int64_t n_members() const { return places_.size(0); }
  int64_t n_rows() const { return places_.size(1); }
  int64_t width() const { return places_.size(2); }
  int64_t n_keys() const { return tiles_.square_norms.size(1); }
  int64_t n_outputs() const { return tiles_.answers.front().n(); }
  int64_t n_tiles() const { return (n_rows() + kTileRows - 1) / kTileRows; }

  Tile tile(int64_t t) const { return {t * kTileRows, std::min(kTileRows, n_rows() - t * kTileRows)}; }
  const float* row_places(int64_t member, int64_t row) const {
    return read<float>(places_) + (member * n_rows() + row) * width();
  }
  KeyBlock block(int64_t member, const KeyRange& range) const {
    return {static_cast<size_t>(range.n), read<float>(tiles_.square_norms) + member * n_keys() + range.begin,
            tiles_.ids.defined() ? read<int32_t>(tiles_.ids) + range.begin : nullptr, member < n_members() / 2,
            read<float>(temperature_)[member]};
  }
  ComparedRow row(int64_t member, int64_t row) const {
    return {read<float>(square_norms_)[member * n_rows() + row], ids_.defined() ? read<int32_t>(ids_)[row] : 0};
  }
  void multiply(int64_t member, const Tile& tile, int64_t block, float* product) const {
    tiles_.places[static_cast<size_t>(member * n_blocks(n_keys()) + block)].multiply(
        tile.n_rows, row_places(member, tile.begin), width(), product);
  }
  const TileMatrix<float>& answers(int64_t block) const { return tiles_.answers[static_cast<size_t>(block)]; }

 private:
  const KeyTiles& tiles_;
  at::Tensor places_, square_norms_, temperature_, ids_;
};

struct Votes {
  at::Tensor votes, log_sums;  // [members, n, padded outputs], [members, n]
};

Votes count_votes(const Comparison& rows) {
  const int64_t n_outputs = rows.n_outputs(), n_keys = rows.n_keys();
  Votes out{at::zeros({rows.n_members(), rows.n_rows(), n_outputs}), at::empty({rows.n_members(), rows.n_rows()})};
  for_each_part(rows.n_members() * rows.n_tiles(), [&](int64_t, int64_t begin, int64_t end) {
    Scratch<float> weights(kTileRows * kBlockKeys);
    for (int64_t t = begin; t < end; ++t) {
      const int64_t member = t / rows.n_tiles();
      const Tile tile = rows.tile(t % rows.n_tiles());
      const int64_t first = member * rows.n_rows() + tile.begin;
      float* votes = write<float>(out.votes) + first * n_outputs;
      std::vector<RunningSoftmax> softmax(static_cast<size_t>(tile.n_rows));
      for (int64_t b = 0; b < n_blocks(n_keys); ++b) {
        const KeyRange range = key_range(b, n_keys);
        const KeyBlock keys = rows.block(member, range);
        rows.multiply(member, tile, b, weights);
        for (int64_t r = 0; r < tile.n_rows; ++r) {
          const float shrunk =
              softmax_weights(keys, rows.row(member, tile.begin + r), weights + r * range.n, softmax[r]);
          for (int64_t o = 0; o < n_outputs; ++o) votes[r * n_outputs + o] *= shrunk;
        }
        rows.answers(b).multiply(tile.n_rows, weights, range.n, votes, true);
      }
      for (int64_t r = 0; r < tile.n_rows; ++r) {
        for (int64_t o = 0; o < n_outputs; ++o) votes[r * n_outputs + o] /= softmax[r].sum;
        write<float>(out.log_sums)[first + r] = softmax[r].largest + std::log(softmax[r].sum);
      }
    }
  });
  return out;
}

struct Gradients {
  at::Tensor places, key_places, log_temperature;
};

// One member in one thread, so that the keys' sums need no others' and have the same bits with any number of threads.
class MemberGradient {
 public:
  MemberGradient(const Comparison& rows, int64_t member, const at::Tensor& key_places, const Votes& votes,
                 const at::Tensor& grad_votes, const Gradients& out)
      : rows_(rows),
        member_(member),
        votes_(votes),
        grad_votes_(grad_votes),
        key_places_(read<float>(key_places) + member * rows.n_keys() * rows.width()),
        out_(out),
        n_blocks_(n_blocks(rows.n_keys())),
        key_sums_(at::zeros({rows.n_keys()})),
        moved_keys_(at::zeros({rows.n_keys(), rows.width()})) {
    for (int64_t b = 0; b < n_blocks_; ++b) {
      const KeyRange range = key_range(b, rows.n_keys());
      keys_.emplace_back(range.n, rows.width());
      keys_.back().set_rows(key_places_ + range.begin * rows.width(), rows.width());
      answers_.emplace_back(rows.n_outputs(), range.n);
      transpose(rows.answers(b).data(), rows.n_outputs(), range.n, rows.n_outputs(), answers_.back().mutable_data(),
                range.n);
    }
  }

  void run() {
    float log_temperature = 0;
    for (int64_t t = 0; t < rows_.n_tiles(); ++t) log_temperature += add_tile(rows_.tile(t));
    write<float>(out_.log_temperature)[member_] = log_temperature;
    subtract(key_places_, read<float>(key_sums_), read<float>(moved_keys_), rows_.n_keys(),
             write<float>(out_.key_places) + member_ * rows_.n_keys() * rows_.width());
  }

 private:
  // out = sums * places - moved, of n rows.
  void subtract(const float* places, const float* sums, const float* moved, int64_t n, float* out) const {
    for (int64_t r = 0; r < n; ++r)
      for (int64_t c = 0; c < rows_.width(); ++c) {
        const int64_t i = r * rows_.width() + c;
        out[i] = sums[r] * places[i] - moved[i];
      }
  }

  float mean_gradient(int64_t row) const {
    const float *votes = read<float>(votes_.votes) + row * rows_.n_outputs(),
                *grad = read<float>(grad_votes_) + row * rows_.n_outputs();
    float sum = 0;
    for (int64_t o = 0; o < rows_.n_outputs(); ++o) sum += votes[o] * grad[o];
    return sum;
  }

  // Returns the gradient of the temperature's logarithm.
  float add_tile(const Tile& tile) {
    const int64_t width = rows_.width(), first = member_ * rows_.n_rows() + tile.begin,
                  padded_rows = round_up_to_16(tile.n_rows);
    const float* places = rows_.row_places(member_, tile.begin);
    TileMatrix<float> tile_places(padded_rows, width);
    std::fill_n(std::copy_n(places, tile.n_rows * width, tile_places.mutable_data()),
                (padded_rows - tile.n_rows) * width, 0.F);
    std::fill_n(static_cast<float*>(moved_rows_), tile.n_rows * width, 0.F);
    std::vector<DistanceSums> sums(static_cast<size_t>(tile.n_rows));
    std::vector<SoftmaxGradient> softmax;
    for (int64_t r = first; r < first + tile.n_rows; ++r)
      softmax.push_back({read<float>(votes_.log_sums)[r], mean_gradient(r)});
    for (int64_t b = 0; b < n_blocks_; ++b) {
      const KeyRange range = key_range(b, rows_.n_keys());
      const KeyBlock keys = rows_.block(member_, range);
      rows_.multiply(member_, tile, b, slopes_);
      answers_[static_cast<size_t>(b)].multiply(tile.n_rows, read<float>(grad_votes_) + first * rows_.n_outputs(),
                                                rows_.n_outputs(), grad_weights_);
      for (int64_t r = 0; r < tile.n_rows; ++r)
        distance_slopes(keys, rows_.row(member_, tile.begin + r), softmax[static_cast<size_t>(r)],
                        grad_weights_ + r * range.n, slopes_ + r * range.n, write<float>(key_sums_) + range.begin,
                        sums[static_cast<size_t>(r)]);
      std::fill_n(slopes_ + tile.n_rows * range.n, (padded_rows - tile.n_rows) * range.n, 0.F);
      keys_[static_cast<size_t>(b)].multiply(tile.n_rows, slopes_, range.n, moved_rows_, true);
      transpose(slopes_, range.n, padded_rows, range.n, slopes_of_keys_, padded_rows);
      tile_places.multiply(range.n, slopes_of_keys_, padded_rows, write<float>(moved_keys_) + range.begin * width,
                           true);
    }
    float log_temperature = 0;
    std::vector<float> row_sums;
    for (const DistanceSums& sum : sums) {
      row_sums.push_back(sum.row);
      log_temperature += sum.log_temperature;
    }
    subtract(places, row_sums.data(), moved_rows_, tile.n_rows, write<float>(out_.places) + first * width);
    return log_temperature;
  }

  const Comparison& rows_;
  int64_t member_;
  const Votes& votes_;
  const at::Tensor& grad_votes_;
  const float* key_places_;
  const Gradients& out_;
  int64_t n_blocks_;
  at::Tensor key_sums_, moved_keys_;  // column sums of the slopes; slopes * places of the rows
  std::vector<TileMatrix<float>> keys_, answers_;
  Scratch<float> slopes_{kTileRows * kBlockKeys}, grad_weights_{kTileRows * kBlockKeys},
      slopes_of_keys_{kTileRows * kBlockKeys}, moved_rows_{kTileRows * rows_.width()};
};

// `ids` by its address: what apply() is given as a tensor has to be one.
struct NeighbourVotes : torch::autograd::Function<NeighbourVotes> {
  static Variable forward(AutogradContext* ctx, const Variable& places, const Variable& key_places,
                          const Variable& log_temperature, const Keys& keys, const at::Tensor* ids) {
    const std::shared_ptr<const KeyTiles> tiles = keys.tiles ? keys.tiles : make_key_tiles(keys);
    const Votes votes = count_votes(Comparison(places, log_temperature, *tiles, *ids));
    if (ctx)
      ctx->save_for_backward(
          {places, key_places, log_temperature, *ids, keys.answers, keys.ids, votes.votes, votes.log_sums});
    return votes.votes.narrow(2, 0, keys.answers.size(1)).contiguous();
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Keys keys{saved[1].detach(), saved[4], saved[5], nullptr};
    const std::shared_ptr<const KeyTiles> tiles = make_key_tiles(keys);
    const Comparison rows(saved[0], saved[2], *tiles, saved[3]);
    const Votes votes{saved[6], saved[7]};
    const at::Tensor key_places = lengthened(keys.places, 1, rows.n_keys(), 0),
                     grad_votes = lengthened(grads[0], 2, rows.n_outputs(), 0);
    const Gradients out{at::empty_like(saved[0], at::MemoryFormat::Contiguous), at::empty_like(key_places),
                        at::empty_like(saved[2])};
    for_each_part(rows.n_members(), [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t member = begin; member < end; ++member)
        MemberGradient(rows, member, key_places, votes, grad_votes, out).run();
    });
    return {out.places, out.key_places.narrow(1, 0, keys.places.size(1)), out.log_temperature, Variable(), Variable()};
  }
};

at::Tensor first_half(const at::Tensor& x) { return x.slice(0, 0, x.size(0) / 2); }
at::Tensor second_half(const at::Tensor& x) { return x.slice(0, x.size(0) / 2); }

}  // namespace

std::shared_ptr<const KeyTiles> make_key_tiles(const Keys& keys) {
  if (!keys.places.is_cpu()) return nullptr;
  const int64_t n_keys = round_up_to_16(keys.places.size(1)), width = keys.places.size(2);
  const at::Tensor all = lengthened(keys.places.detach(), 1, n_keys, 0),
                   answers =
                       lengthened(lengthened(keys.answers, 1, round_up_to_16(keys.answers.size(1)), 0), 0, n_keys, 0);
  auto tiles = std::make_shared<KeyTiles>();
  tiles->square_norms = lengthened(keys.places.detach().square().sum(2), 1, n_keys, KeyBlock::kNoKey);
  if (keys.ids.defined()) tiles->ids = lengthened(keys.ids.to(at::kInt), 0, n_keys, kNoId);
  for (int64_t member = 0; member < all.size(0); ++member)
    for (int64_t b = 0; b < n_blocks(n_keys); ++b) {
      const KeyRange range = key_range(b, n_keys);
      tiles->places.emplace_back(width, range.n);
      tiles->places.back().set_transposed_weight(read<float>(all) + (member * n_keys + range.begin) * width);
    }
  for (int64_t b = 0; b < n_blocks(n_keys); ++b) {
    const KeyRange range = key_range(b, n_keys);
    tiles->answers.emplace_back(range.n, answers.size(1));
    tiles->answers.back().set_weight(read<float>(answers) + range.begin * answers.size(1));
  }
  return tiles;
}

at::Tensor neighbour_votes(const at::Tensor& places, const at::Tensor& log_temperature, const Keys& keys,
                           const at::Tensor& ids) {
  if (!places.is_cpu()) return neighbour_votes_of_matrices(places, log_temperature, keys, ids);
  if (at::GradMode::is_enabled()) return NeighbourVotes::apply(places, keys.places, log_temperature, keys, &ids);
  return NeighbourVotes::forward(nullptr, places, keys.places, log_temperature, keys, &ids);
}

at::Tensor neighbour_votes_of_matrices(const at::Tensor& places, const at::Tensor& log_temperature, const Keys& keys,
                                       const at::Tensor& ids) {
  const at::Tensor product = at::bmm(places, keys.places.transpose(1, 2)), norms = places.square().sum(2).unsqueeze(2),
                   key_norms = keys.places.square().sum(2).unsqueeze(1);
  // What all of a row's distances have in common does not change the softmax.
  const at::Tensor square = first_half(key_norms) - 2 * first_half(product);
  const at::Tensor distance =
      (second_half(norms) + second_half(key_norms) - 2 * second_half(product)).clamp_min(1e-6).sqrt();
  at::Tensor scores = at::cat({square, distance}) * -log_temperature.exp();
  if (ids.defined()) scores = scores.masked_fill(ids.unsqueeze(1).eq(keys.ids), -1e9);
  return at::bmm(scores.softmax(2), keys.answers.unsqueeze(0).expand({places.size(0), -1, -1}));
}

}  // namespace gulo
