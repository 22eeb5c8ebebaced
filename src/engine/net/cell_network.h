// The deep part for cells: members that learn from the same rows and answer together.
//
// Each member turns the stem's features into a place, a vector of member_width channels: one linear map and `depth`
// residual blocks (layer norm, linear, ReLU, linear). From its place come two answers: the linear head's, and the
// neighbour head's, which compares the row with every remembered training row and adds up their labels with weights
// softmax(-temperature * distance) (neighbourhood components analysis with a network: ModernNCA, Ye et al. 2024, arXiv
// 2407.03257). Members of an even number take the squared distance, which over bends is the kernel of a random forest's
// partitions; the others the distance itself, which forgets less of what is far. There are three kinds of answers,
// then, each the mean of its members' probabilities (or numbers): the linear heads', the squared and the plain
// distances'. The answer is their mixture, whose shares are equal or tune()d.
//
// While training, a row is compared with the other rows of its batch (never with itself), so a batch must not have a
// row twice; slots, in which one may be, say which row they show. Each head of each member has its own loss.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/net/cell_neighbours.h"
#include "engine/net/cell_stem.h"
#include "engine/net/deep_network.h"
#include "engine/net/entry_part.h"
#include "model/cell_network_spec.h"

namespace gulo {

// Training rows to compare with: spec.n_remembered rows, with spec.n_remembered_lookups ids in all.
struct RememberedRows {
  Batch rows;
  BatchTargets targets;
};

class CellNetwork : public DeepNetwork {
 public:
  // Random parameters. Throws Error (kData) where the spec's numbers cannot be a network.
  CellNetwork(const CellNetworkSpec& spec, uint64_t seed);

  // One label: logarithms of probabilities; several: of their odds; a number: the number. `step` changes nothing:
  // learning goes through loss().
  at::Tensor forward(const Batch& batch, const TrainStep* step) override;
  // Of the members' heads, each by itself, the mean.
  at::Tensor loss(const Batch& batch, const BatchTargets& targets, const TrainStep& step) override;
  // As forward() does, and loss(); each slot is compared with the others of the batch.
  at::Tensor forward_slots(const SlotBatch& batch, const TrainStep* step) override;
  at::Tensor loss_of_slots(const SlotBatch& batch, const BatchTargets& targets, const TrainStep& step) override;
  // Of the members' linear heads the mean: what is remembered plays no part.
  at::Tensor features(const Batch& batch, const TrainStep* step) override;
  std::vector<float> features_of(std::span<const ItemView> items, size_t max_windows) override;
  double forward_flops(const Batch& batch) const override;
  std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) override;
  // Costs count multiplications.
  double logits_cost(std::span<const ItemView> items, size_t max_windows) const override;
  double batch_cost(const Batch& batch) const override;

  // One label an item: the mixture's shares that make the labels likeliest (expectation maximisation), with a few items
  // of each kind of answer to begin with.
  void tune(std::span<const ItemView> items, std::span<const int> labels);
  void copy_tuning(const CellNetwork& tuned) { shares_.copy_(tuned.shares_); }

  Batch part(const Batch& batch, int64_t begin, int64_t end) const override;
  DeepSpec saved_spec() const override { return spec_; }

  // What is known before training (CellStem::begin_with), and the rows to compare with. Weights start anew.
  void begin_with(const at::Tensor& knots, const at::Tensor& known, const RememberedRows& remembered);

  const CellNetworkSpec& spec() const { return spec_; }
  const CellStem& stem() const { return stem_; }

 private:
  // What training leaves of hidden units, [members, n, hidden].
  using Dropping = std::function<at::Tensor(const at::Tensor& hidden)>;

  // What members have of their own after the first map: [members, ...].
  struct Block {
    at::Tensor in, in_bias, out;  // [members, width, hidden], [members, 1, hidden], [members, hidden, width]
  };
  struct Members {
    at::Tensor log_temperature, head, head_bias;  // [members, 1, 1], [members, width, n_labels], [members, 1, n_labels]
    std::vector<Block> blocks;

    std::vector<at::Tensor> tensors() const;
    static Members of_tensors(std::span<const at::Tensor> tensors);
    int64_t size() const { return head.size(0); }
    // [members, n, width] -> the same.
    at::Tensor places(at::Tensor x, const Dropping& drop) const;
    at::Tensor head_logits(const at::Tensor& places) const;  // [members, n, n_labels]
    at::Tensor linear_loss(const at::Tensor& places, const BatchTargets& targets, double label_smoothing) const;
    at::Tensor neighbour_loss(const at::Tensor& places, const Keys& keys, const at::Tensor& ids,
                              const BatchTargets& targets) const;
    BatchTargets repeated(const BatchTargets& targets) const;
  };

  static Dropping drop_nothing() {
    return [](const at::Tensor& hidden) { return hidden; };
  }
  // Of the pairs of members [first, first + n) in training. What is dropped of a pair is the same alone as among all.
  static Dropping dropping(const TrainStep& step, const EntryPart& part, int64_t first, int64_t n);
  at::Tensor mapped(const at::Tensor& features) const;
  at::Tensor places(const at::Tensor& features, const Dropping& drop) const;
  at::Tensor loss_of(const Members& members, const at::Tensor& mapped, const Dropping& drop, const EntryPart& part,
                     const BatchTargets& targets, double label_smoothing) const;
  int64_t n_pairs() const { return (spec_.n_members + 1) / 2; }
  at::Tensor remembered_answers() const;
  at::Tensor answers(const Batch& batch);
  at::Tensor answers_of(std::span<const ItemView> items);
  at::Tensor mixture(const at::Tensor& answers) const;
  // The training rows' places for the parameters as they are.
  const Keys& keys();
  void forget_keys() { keys_ = {}, keys_version_ = 0; }
  Batch remembered_slice(int64_t begin, int64_t end) const;
  uint64_t version() const;
  double place_cost() const;

  CellNetworkSpec spec_;
  at::Generator generator_;
  CellStem stem_;
  at::Tensor first_, first_bias_, shares_;
  Members members_;
  at::Tensor remembered_numbers_, remembered_ids_, remembered_begins_, remembered_labels_;
  Keys keys_;
  uint64_t keys_version_ = 0;
};

}  // namespace gulo
