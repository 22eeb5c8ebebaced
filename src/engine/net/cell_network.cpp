#include "engine/net/cell_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/net/entry_part.h"
#include "engine/net/member_pairs.h"
#include "engine/net/padded.h"
#include "engine/net/slot_rows.h"
#include "engine/net/spec_check.h"

namespace gulo {
namespace {

constexpr double kLeastProbability = 1e-6;  // whose logarithm is taken

// Linear heads, squared distances, plain distances.
constexpr int64_t kAnswers = 3;
// Items that count for each kind of answer before any is seen.
constexpr double kPriorItems = 5;
constexpr int kMixtureSteps = 100;

// Rows at a time; on a device, comparisons of rows with training rows too, of all members together.
constexpr int64_t kRowsAtATime = 1024, kDeviceRowsAtATime = 4096, kDeviceComparisonsAtATime = 1 << 28;

at::Tensor normalised(const at::Tensor& x) { return at::layer_norm(x, {x.size(-1)}); }

// The entries of a part, along `dimension`, at their places among all; the others' are zero.
at::Tensor among_all(const at::Tensor& entries, int64_t dimension, const EntryPart& part) {
  return padded(entries, dimension, part.first, part.n_whole, 0);
}

// Every process' sum of all processes' tensors; what one's loss says about the sum, it says to all.
struct SumOfParts : torch::autograd::Function<SumOfParts> {
  struct Holder : torch::CustomClassHolder {
    explicit Holder(const SumOverParts& held) : sum(held) {}
    SumOverParts sum;
  };
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const SumOverParts& sum) {
    ctx->saved_data["sum"] = at::IValue::make_capsule(c10::make_intrusive<Holder>(sum));
    at::Tensor all = x.contiguous().clone();
    sum(all);
    return all;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 const torch::autograd::variable_list& grads) {
    const auto holder = c10::static_intrusive_pointer_cast<Holder>(ctx->saved_data["sum"].toCapsule());
    at::Tensor all = grads[0].contiguous().clone();
    holder->sum(all);
    return {all, at::Tensor()};
  }
};

// votes: [n, n_outputs], probabilities or numbers.
at::Tensor vote_loss(const at::Tensor& votes, const BatchTargets& targets) {
  switch (targets.task) {
    case Task::kLabel:
      return at::nll_loss((votes + kLeastProbability).log(), targets.values);
    case Task::kLabels:
      return at::binary_cross_entropy(votes.clamp(kLeastProbability, 1 - kLeastProbability), targets.values);
    case Task::kNumber:
      return at::mse_loss(votes, targets.values);
  }
  return {};
}

Batch rows_of(const CellLayout& layout, std::span<const ItemView> items, size_t begin, size_t end,
              const at::Device& device) {
  Batch batch = cell_batch(layout, items.subspan(begin, end - begin));
  for (at::Tensor& values : batch.values) values = values.to(device);
  return batch;
}

// What a slot leaves empty belongs to its last sum, with no share in it.
Batch rows_of(const SlotBatch& slots) {
  Batch batch;
  const at::Tensor &ids = slots.values[kCellRows], &begins = slots.values[kCellBegins];
  const at::Tensor first_ids = at::arange(ids.size(0), ids.options()).mul(ids.size(1)).unsqueeze(1);
  batch.values = {slots.values[kCellNumbers], ids.flatten(), slots.values[kCellShares].flatten(),
                  (begins + first_ids).flatten()};
  return batch;
}

}  // namespace

CellNetwork::CellNetwork(const CellNetworkSpec& spec, uint64_t seed)
    : spec_(spec), generator_(at::detail::createCPUGenerator(seed)), stem_(spec, generator_) {
  check_network(stem_.width() > 0, "columns are all left out");
  const int64_t k = spec.n_members, width = spec.member_width, hidden = spec.hidden_width;
  const auto normal = [&](at::IntArrayRef shape, double deviation) {
    return at::empty(shape).normal_(0, deviation, generator_).set_requires_grad(true);
  };
  const auto zeros = [](at::IntArrayRef shape) { return at::zeros(shape).set_requires_grad(true); };
  first_ = zeros({stem_.width(), k * width});
  first_bias_ = zeros({k * width});
  members_ = {zeros({k, 1, 1}), normal({k, width, spec.n_labels}, 0.01), zeros({k, 1, spec.n_labels}), {}};
  stem_.add_parameters(parameters_);
  parameters_.insert(
      parameters_.end(),
      {{"first.weight", first_},
       {"first.bias", first_bias_},
       {.name = "neighbours.log_temperature", .value = members_.log_temperature, .trained = spec.n_remembered > 0},
       {"head.weight", members_.head},
       {"head.bias", members_.head_bias}});
  for (int i = 0; i < spec.depth; ++i) {
    members_.blocks.push_back({normal({k, width, hidden}, 1 / std::sqrt(width)), zeros({k, 1, hidden}),
                               normal({k, hidden, width}, 0.1 / std::sqrt(hidden))});
    const std::string name = "block" + std::to_string(i);
    parameters_.insert(parameters_.end(), {{name + ".in", members_.blocks.back().in},
                                           {name + ".in_bias", members_.blocks.back().in_bias},
                                           {name + ".out", members_.blocks.back().out}});
  }
  shares_ = at::full({kAnswers}, 1. / kAnswers);
  parameters_.push_back({.name = "answer.shares", .value = shares_, .trained = false});
  remembered_numbers_ = at::zeros({spec.n_remembered, stem_.layout().n_numbers()});
  remembered_ids_ = at::zeros({spec.n_remembered_lookups});
  remembered_begins_ = at::zeros({spec.n_remembered * stem_.layout().n_lookups()});
  remembered_labels_ =
      spec.task == Task::kLabel ? at::zeros({spec.n_remembered}) : at::zeros({spec.n_remembered, spec.n_labels});
  for (const auto& [name, value] : {std::pair<const char*, at::Tensor&>{"numbers", remembered_numbers_},
                                    {"lookups", remembered_ids_},
                                    {"lookup_begins", remembered_begins_},
                                    {"labels", remembered_labels_}})
    parameters_.push_back({.name = std::string("remembered.") + name, .value = value, .trained = false});
  first_.detach().normal_(0, 1, generator_).mul_(stem_.weight_deviations().unsqueeze(1)).div_(std::sqrt(width));
}

void CellNetwork::begin_with(const at::Tensor& knots, const at::Tensor& known, const RememberedRows& remembered) {
  stem_.begin_with(knots, known);
  first_.detach()
      .normal_(0, 1, generator_)
      .mul_(stem_.weight_deviations().unsqueeze(1))
      .div_(std::sqrt(static_cast<double>(spec_.member_width)));
  remembered_numbers_.copy_(remembered.rows.values[kCellNumbers]);
  remembered_ids_.copy_(remembered.rows.values[kCellRows]);
  remembered_begins_.copy_(remembered.rows.values[kCellBegins]);
  remembered_labels_.copy_(remembered.targets.values);
}

std::vector<at::Tensor> CellNetwork::Members::tensors() const {
  std::vector<at::Tensor> all{log_temperature, head, head_bias};
  for (const Block& block : blocks) all.insert(all.end(), {block.in, block.in_bias, block.out});
  return all;
}

CellNetwork::Members CellNetwork::Members::of_tensors(std::span<const at::Tensor> tensors) {
  Members members{tensors[0], tensors[1], tensors[2], {}};
  for (size_t i = 3; i < tensors.size(); i += 3) members.blocks.push_back({tensors[i], tensors[i + 1], tensors[i + 2]});
  return members;
}

at::Tensor CellNetwork::Members::places(at::Tensor x, const Dropping& drop) const {
  for (const Block& block : blocks) {
    const at::Tensor hidden = at::baddbmm(block.in_bias, normalised(x), block.in).relu();
    x = x + at::bmm(drop(hidden), block.out);
  }
  return x.contiguous();
}

at::Tensor CellNetwork::Members::head_logits(const at::Tensor& places) const {
  return at::baddbmm(head_bias, normalised(places), head);
}

BatchTargets CellNetwork::Members::repeated(const BatchTargets& targets) const {
  const bool rows = targets.task != Task::kLabel;
  return {targets.task, rows ? targets.values.repeat({size(), 1}) : targets.values.repeat({size()})};
}

at::Tensor CellNetwork::Members::linear_loss(const at::Tensor& places, const BatchTargets& targets,
                                             double label_smoothing) const {
  return slot_loss(head_logits(places).flatten(0, 1), repeated(targets), label_smoothing);
}

at::Tensor CellNetwork::Members::neighbour_loss(const at::Tensor& places, const Keys& keys, const at::Tensor& ids,
                                                const BatchTargets& targets) const {
  return vote_loss(neighbour_votes(places, log_temperature, keys, ids).flatten(0, 1), repeated(targets));
}

// [members, n, width]
at::Tensor CellNetwork::mapped(const at::Tensor& features) const {
  return at::addmm(first_bias_, features, first_)
      .view({features.size(0), spec_.n_members, spec_.member_width})
      .transpose(0, 1);
}

at::Tensor CellNetwork::places(const at::Tensor& features, const Dropping& drop) const {
  return members_.places(mapped(features), drop);
}

CellNetwork::Dropping CellNetwork::dropping(const TrainStep& step, const EntryPart& part, int64_t first, int64_t n) {
  if (step.head_dropout <= 0) return drop_nothing();
  std::vector<at::Generator> generators;
  for (int64_t p = first; p < first + n; ++p)
    generators.push_back(
        at::detail::createCPUGenerator(step.seed * CellNetworkSpec::kMaxMembers + static_cast<uint64_t>(p)));
  return [dropout = step.head_dropout, part, generators](const at::Tensor& hidden) {
    std::vector<at::Tensor> kept;
    for (const at::Generator& generator : generators)
      kept.push_back(kept_units({2, hidden.size(1), hidden.size(2)}, 1, part, dropout, generator));
    return hidden * at::stack(kept, 1).flatten(0, 1).narrow(0, 0, hidden.size(0));
  };
}

// mapped: [members, n, width]
at::Tensor CellNetwork::loss_of(const Members& members, const at::Tensor& mapped, const Dropping& drop,
                                const EntryPart& part, const BatchTargets& targets, double label_smoothing) const {
  const at::Tensor places = members.places(mapped, drop);
  const at::Tensor linear = members.linear_loss(places, targets, label_smoothing);
  if (spec_.n_remembered == 0) return linear;
  at::Tensor key_places = places, key_answers = target_rows(targets, spec_.n_labels);
  if (sum_over_parts_) {
    key_places = SumOfParts::apply(among_all(places, 1, part), sum_over_parts_);
    key_answers = among_all(key_answers, 0, part);
    sum_over_parts_(key_answers);
  }
  const at::Tensor ids = at::arange(key_places.size(1), at::kInt);
  return 0.5 * (linear + members.neighbour_loss(places, {key_places, key_answers, ids, nullptr},
                                                ids.narrow(0, part.first, places.size(1)), targets));
}

at::Tensor CellNetwork::loss(const Batch& batch, const BatchTargets& targets, const TrainStep& step) {
  forget_keys();
  const EntryPart part(batch);
  const at::Tensor all = mapped(stem_.forward(batch));
  // Processes' sums are theirs in turn.
  if (sum_over_parts_ || spec_.n_members % 2 != 0)
    return loss_of(members_, all, dropping(step, part, 0, n_pairs()), part, targets, step.label_smoothing);
  std::vector<at::Tensor> tensors = members_.tensors();
  tensors.push_back(all);
  return mean_over_pairs(tensors, [&](const std::vector<at::Tensor>& pair, int64_t p) {
    const Members members = Members::of_tensors(std::span(pair).first(pair.size() - 1));
    return loss_of(members, pair.back(), dropping(step, part, p, 1), part, targets, step.label_smoothing);
  });
}

at::Tensor CellNetwork::loss_of_slots(const SlotBatch& batch, const BatchTargets& targets, const TrainStep& step) {
  forget_keys();
  const auto drop = [&](const at::Tensor& hidden) {
    return at::dropout(hidden, step.head_dropout, step.head_dropout > 0);
  };
  const at::Tensor at_places = places(stem_.forward(rows_of(batch)), drop);
  const at::Tensor linear = members_.linear_loss(at_places, targets, step.label_smoothing);
  if (spec_.n_remembered == 0) return linear;
  const at::Tensor& items = batch.values[kCellItems];
  const Keys others{at_places, target_rows(targets, spec_.n_labels), items, nullptr};
  return 0.5 * (linear + members_.neighbour_loss(at_places, others, items, targets));
}

uint64_t CellNetwork::version() const {
  uint64_t sum = 1;
  for (const Parameter& parameter : parameters_) sum += parameter.value._version();
  return sum;
}

// Ids from a damaged file would be read out of bounds.
Batch CellNetwork::remembered_slice(int64_t begin, int64_t end) const {
  const int64_t per_row = stem_.layout().n_lookups(), n_ids = remembered_ids_.size(0);
  const at::Tensor begins = at::cat({remembered_begins_, at::full({1}, static_cast<double>(n_ids))})
                                .slice(0, begin * per_row, end * per_row + 1)
                                .to(at::kLong);
  const bool is_ascending = (begins.diff() >= 0).all().item<bool>();
  const int64_t first = begins[0].item<int64_t>(), last = begins[-1].item<int64_t>();
  check_network(is_ascending && first >= 0 && last <= n_ids, "remembered rows are damaged");
  Batch batch;
  const at::Tensor ids = remembered_ids_.slice(0, first, last).to(at::kLong), starts = begins.slice(0, 0, -1) - first;
  check_network(
      ids.numel() == 0 || (ids.min().item<int64_t>() >= 0 && ids.max().item<int64_t>() < (1 << spec_.log2_rows)),
      "remembered rows are damaged");
  batch.values = {remembered_numbers_.slice(0, begin, end), ids,
                  cell_shares(starts.cpu(), ids.numel()).to(ids.device()), starts};
  return batch;
}

// What is remembered of the rows' answers, [n, n_labels].
at::Tensor CellNetwork::remembered_answers() const {
  if (spec_.task == Task::kLabel) {
    const at::Tensor labels = remembered_labels_.to(at::kLong);
    check_network(labels.min().item<int64_t>() >= 0 && labels.max().item<int64_t>() < spec_.n_labels,
                  "remembered labels are damaged");
    return at::one_hot(labels, spec_.n_labels).to(at::kFloat);
  }
  const double least = remembered_labels_.min().item<double>(), most = remembered_labels_.max().item<double>();
  check_network(std::isfinite(least) && std::isfinite(most), "remembered answers are damaged");
  check_network(spec_.task == Task::kNumber || (least >= 0 && most <= 1), "remembered labels are damaged");
  return remembered_labels_;
}

const Keys& CellNetwork::keys() {
  const uint64_t now = version();
  if (keys_version_ == now) return keys_;
  constexpr int64_t kKeysAtATime = 1024;
  std::vector<at::Tensor> all;
  for (int64_t i = 0; i < spec_.n_remembered; i += kKeysAtATime)
    all.push_back(places(stem_.forward(remembered_slice(i, std::min<int64_t>(i + kKeysAtATime, spec_.n_remembered))),
                         drop_nothing()));
  check_network(
      shares_.isfinite().all().item<bool>() && shares_.min().item<double>() >= 0 && shares_.sum().item<double>() > 0,
      "shares of the answers are damaged");
  keys_ = {at::cat(all, 1), remembered_answers(), {}, nullptr};
  keys_.tiles = make_key_tiles(keys_);
  keys_version_ = now;
  return keys_;
}

// [kAnswers, n, n_labels], probabilities or numbers; the linear heads' alone where there are no rows to compare with.
at::Tensor CellNetwork::answers(const Batch& batch) {
  const at::Tensor at_places = places(stem_.forward(batch), drop_nothing()), logits = members_.head_logits(at_places);
  const at::Tensor of_heads = spec_.task == Task::kLabel    ? logits.softmax(2)
                              : spec_.task == Task::kLabels ? logits.sigmoid()
                                                            : logits;
  const at::Tensor linear = of_heads.mean(0);
  if (spec_.n_remembered == 0) return linear.unsqueeze(0);
  const at::Tensor votes = neighbour_votes(at_places, members_.log_temperature, keys());
  const std::vector<at::Tensor> halves = votes.chunk(2);
  return at::stack({linear, halves[0].mean(0), halves[1].mean(0)});
}

// Logarithms of probabilities, log-odds, or numbers: as the task says.
at::Tensor CellNetwork::mixture(const at::Tensor& answers) const {
  const at::Tensor answer =
      answers.size(0) == 1 ? answers[0] : (answers * (shares_ / shares_.sum()).view({kAnswers, 1, 1})).sum(0);
  switch (spec_.task) {
    case Task::kLabel:
      return (answer + kLeastProbability).log();
    case Task::kLabels:
      return (answer + kLeastProbability).log() - (1 - answer + kLeastProbability).log();
    case Task::kNumber:
      return answer;
  }
  return {};
}

at::Tensor CellNetwork::forward(const Batch& batch, const TrainStep*) { return mixture(answers(batch)); }

at::Tensor CellNetwork::forward_slots(const SlotBatch& batch, const TrainStep*) {
  return mixture(answers(rows_of(batch)));
}

at::Tensor CellNetwork::features(const Batch& batch, const TrainStep* step) {
  const Dropping drop = step ? dropping(*step, EntryPart(batch), 0, n_pairs()) : drop_nothing();
  return members_.head_logits(places(stem_.forward(batch), drop)).mean(0);
}

std::vector<float> CellNetwork::features_of(std::span<const ItemView> items, size_t) {
  const at::NoGradGuard no_grad;
  if (items.empty()) return {};
  const at::Tensor all = features(cell_batch(stem_.layout(), items), nullptr).contiguous();
  return {all.const_data_ptr<float>(), all.const_data_ptr<float>() + all.numel()};
}

at::Tensor CellNetwork::answers_of(std::span<const ItemView> items) {
  const int64_t row_comparisons = int64_t{spec_.n_members} * std::max(1, spec_.n_remembered);
  const auto rows_at_a_time = static_cast<size_t>(
      on_cpu() ? kRowsAtATime
               : std::clamp<int64_t>(kDeviceComparisonsAtATime / row_comparisons, 16, kDeviceRowsAtATime));
  // Steps of a graph change parameters without a trace in their versions.
  if (!on_cpu()) forget_keys();
  std::vector<at::Tensor> all;
  for (size_t i = 0; i < items.size(); i += rows_at_a_time)
    all.push_back(
        answers(rows_of(stem_.layout(), items, i, std::min(i + rows_at_a_time, items.size()), first_.device())));
  if (!on_cpu()) forget_keys();
  return at::cat(all, 1);
}

std::vector<float> CellNetwork::logits(std::span<const ItemView> items, size_t) {
  const at::NoGradGuard no_grad;
  if (items.empty()) return {};
  const at::Tensor logits = mixture(answers_of(items)).cpu().contiguous();
  return {logits.const_data_ptr<float>(), logits.const_data_ptr<float>() + logits.numel()};
}

void CellNetwork::tune(std::span<const ItemView> items, std::span<const int> labels) {
  const at::NoGradGuard no_grad;
  if (items.empty() || spec_.n_remembered == 0 || spec_.task != Task::kLabel) return;
  at::Tensor column = at::empty({static_cast<int64_t>(labels.size())}, at::kLong);
  std::copy(labels.begin(), labels.end(), column.mutable_data_ptr<int64_t>());
  const at::Tensor answers = answers_of(items).cpu();
  const at::Tensor likelihoods =
      answers.gather(2, column.view({1, -1, 1}).expand({kAnswers, -1, 1})).squeeze(2) + kLeastProbability;
  at::Tensor shares = at::full({kAnswers}, 1. / kAnswers);
  for (int i = 0; i < kMixtureSteps; ++i) {
    const at::Tensor parts = shares.unsqueeze(1) * likelihoods;
    shares = (parts / parts.sum(0)).sum(1) + kPriorItems;
    shares = shares / shares.sum();
  }
  shares_.copy_(shares);
}

Batch CellNetwork::part(const Batch& batch, int64_t begin, int64_t end) const {
  const int64_t per_row = stem_.layout().n_lookups();
  const at::Tensor &ids = batch.values[kCellRows], &begins = batch.values[kCellBegins];
  const auto first_id = [&](int64_t row) {
    return row * per_row < begins.numel() ? begins[row * per_row].item<int64_t>() : ids.numel();
  };
  const int64_t first = first_id(begin), n_ids = first_id(end) - first;
  Batch part = bare_part(batch, begin, end);
  part.values = {batch.values[kCellNumbers].narrow(0, begin, end - begin), ids.narrow(0, first, n_ids),
                 batch.values[kCellShares].narrow(0, first, n_ids),
                 begins.narrow(0, begin * per_row, (end - begin) * per_row) - first};
  return part;
}

// Multiplications of one row's way to its places.
double CellNetwork::place_cost() const {
  const double hidden = 2. * spec_.depth * spec_.hidden_width;
  return static_cast<double>(spec_.n_members) * spec_.member_width *
         (static_cast<double>(stem_.width()) + hidden + spec_.n_labels);
}

double CellNetwork::logits_cost(std::span<const ItemView> items, size_t) const {
  const double compare =
      static_cast<double>(spec_.n_members) * spec_.n_remembered * (spec_.member_width + spec_.n_labels);
  return static_cast<double>(items.size()) * (place_cost() + compare) + spec_.n_remembered * place_cost();
}

double CellNetwork::batch_cost(const Batch& batch) const {
  const auto n = static_cast<double>(batch.n_item_rows);
  const double compare = spec_.n_remembered > 0 ? n * (spec_.member_width + spec_.n_labels) : 0;
  return n * (place_cost() + spec_.n_members * compare);
}

double CellNetwork::forward_flops(const Batch& batch) const { return 2 * batch_cost(batch); }

}  // namespace gulo
