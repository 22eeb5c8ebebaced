#include "engine/train/cell_plan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "data/cells.h"
#include "engine/feed/cell_batch.h"
#include "engine/feed/cell_feed.h"

namespace gulo {
namespace {

// How often every row is seen where nothing was found out about it. Many more make the neighbour heads learn the rows
// of a noisy table by heart, fewer are not enough for others: docs/learner.md.
constexpr double kUsualEpochs = 20;
constexpr double kHeadDropout = 0.1;
constexpr int kLeastMembers = 4, kTrialMembers = 4;
// Of the time that is left: a busy machine must not shorten the training.
constexpr double kTimeShare = 0.85;
constexpr size_t kMaxRemembered = 32768, kMaxRememberedLookups = size_t{1} << 22;

// What the training rows' cells in one column are like.
struct ColumnCounts {
  std::unordered_map<std::string_view, uint32_t> values;
  size_t n_numbers = 0;
};

// Fewer cells than this that agree say nothing about what their value means.
uint32_t least_count(size_t n_rows) { return static_cast<uint32_t>(std::clamp<size_t>(n_rows / 250, 2, 8)); }

std::vector<ColumnCounts> count_columns(const Corpus& corpus, const std::vector<uint32_t>& train) {
  std::vector<ColumnCounts> columns(corpus.shapes[train.front()].extents[0]);
  for (uint32_t item : train) {
    const CellsView cells(corpus.item(item), columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      ++columns[i].values[cells.text(i)];
      columns[i].n_numbers += std::isfinite(cells.number(i)) ? 1 : 0;
    }
  }
  return columns;
}

CellColumnSpec look_at(const ColumnCounts& column, size_t n_rows, bool number_values, size_t& n_known) {
  size_t repeating_cells = 0, repeating_values = 0;
  for (const auto& [value, count] : column.values)
    if (count >= least_count(n_rows)) repeating_cells += count, ++repeating_values;
  const double repeating = static_cast<double>(repeating_cells) / static_cast<double>(n_rows);
  const double numbers = static_cast<double>(column.n_numbers) / static_cast<double>(n_rows);
  CellColumnSpec spec;
  spec.number = numbers >= 0.05 && column.values.size() > 1;
  spec.value = column.values.size() > 1 && (numbers < 0.5 ? repeating_cells > 0 : repeating >= 0.3) &&
               (number_values || !spec.number);
  spec.text = numbers < 0.5 && repeating < 0.9;
  if (spec.value) n_known += repeating_values;
  return spec;
}

// Two rows of the table for every value, so that few of them share one; n-grams are more than one counts.
int log2_table_rows(size_t n_known, bool has_text) {
  const int needed = std::bit_width(2 * n_known);
  return std::clamp(has_text ? std::max(needed, 15) : needed, 6, 17);
}

size_t n_remembered_lookups(const Corpus& corpus, const CellLayout& layout, const std::vector<uint32_t>& items) {
  size_t n = 0;
  for (uint32_t item : items) {
    const CellsView cells(corpus.item(item), layout.columns.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      const size_t marked = cells.text(i).size() + 2;
      if (layout.columns[i].value) ++n;
      if (layout.columns[i].text)
        for (size_t order = 2; order <= 4; ++order) n += marked >= order ? marked - order + 1 : 0;
    }
  }
  return n;
}

// All, or as many at random as are allowed.
std::vector<uint32_t> choose_remembered(const Corpus& corpus, std::vector<uint32_t> items, const CellLayout& layout,
                                        size_t n_labels, Rng& rng) {
  rng.shuffle(items);
  items.resize(std::min({items.size(), kMaxRemembered, (size_t{1} << 26) / n_labels}));
  while (items.size() > 1 && n_remembered_lookups(corpus, layout, items) > kMaxRememberedLookups)
    items.resize(items.size() / 2);
  return items;
}

// Multiplications of the training of one member, forward and backward.
double member_cost(const CellPlan& plan, size_t n_rows, double epochs) {
  CellNetworkSpec spec = plan.spec;
  spec.n_members = 1;
  Batch batch;
  batch.n_item_rows = plan.batch_rows;
  const double n_batches = epochs * static_cast<double>(n_rows) / static_cast<double>(plan.batch_rows);
  return 3 * n_batches * CellNetwork(spec, 0).forward_flops(batch);
}

double epochs_of(const SetupOptions& options) { return options.epochs > 0 ? options.epochs : kUsualEpochs; }

int members_allowed(const CellPlan& plan, size_t n_rows, const SetupOptions& options, const CellSizes& sizes) {
  const double speed =
      options.measured_flops_per_s > 0 ? options.measured_flops_per_s : sizes.speed_share * options.flops_per_s;
  const double allowed = kTimeShare * options.seconds * speed / member_cost(plan, n_rows, epochs_of(options));
  return static_cast<int>(std::clamp<double>(allowed, kLeastMembers, sizes.most_members)) / 2 * 2;
}

int64_t batch_rows_for(size_t n_rows, const CellSizes& sizes) {
  const auto n = static_cast<int64_t>(n_rows);
  return std::max(std::clamp<int64_t>(n / 4, 64, 1024), std::min(n / sizes.usual_steps, sizes.most_batch_rows));
}

at::Tensor known_rows(const Corpus& corpus, const std::vector<uint32_t>& train, const CellLayout& layout) {
  if (layout.n_lookups() == 0) return at::ones({0});
  const at::Tensor counts = at::zeros({int64_t{1} << layout.log2_rows});
  float* count = counts.mutable_data_ptr<float>();
  for (uint32_t item : train) {
    const ItemView row = corpus.view(item);
    const at::Tensor ids = cell_batch(layout, {&row, 1}).values[kCellRows];
    for (int64_t i = 0; i < ids.numel(); ++i) ++count[ids.const_data_ptr<int64_t>()[i]];
  }
  return (counts >= static_cast<double>(least_count(train.size()))).to(at::kFloat);
}

at::Tensor all_knots(const Corpus& corpus, const std::vector<uint32_t>& train, const CellNetworkSpec& spec) {
  std::vector<std::vector<float>> numbers(spec.columns.size());
  for (uint32_t item : train) {
    const CellsView cells(corpus.item(item), spec.columns.size());
    for (size_t i = 0; i < cells.size(); ++i)
      if (spec.columns[i].number && std::isfinite(cells.number(i))) numbers[i].push_back(cells.number(i));
  }
  const at::Tensor knots = at::empty({spec.n_numbers(), spec.n_knots});
  float* out = knots.mutable_data_ptr<float>();
  for (size_t i = 0; i < spec.columns.size(); ++i)
    if (spec.columns[i].number) out = std::ranges::copy(knots_of(std::move(numbers[i]), spec.n_knots), out).out;
  return knots;
}

RememberedRows remember(const Corpus& corpus, const std::vector<uint32_t>& items, const CellLayout& layout) {
  return {cell_batch(layout, corpus.views(items)), batch_targets(corpus, items)};
}

// Rows to compare with are compared by their labels.
void use_as_field(CellPlan& plan) {
  plan.remembered.clear();
  plan.spec.n_remembered = plan.spec.n_remembered_lookups = 0;
  plan.spec.n_members = kLeastMembers;
}

}  // namespace

std::vector<float> knots_of(std::vector<float> numbers, int n_knots) {
  if (numbers.empty()) numbers = {0};
  std::ranges::sort(numbers);
  const auto n = static_cast<size_t>(n_knots);
  std::vector<float> knots;
  for (size_t i = 0; i < n; ++i) knots.push_back(numbers[i * (numbers.size() - 1) / (n - 1)]);
  knots.erase(std::ranges::unique(knots).begin(), knots.end());
  knots.resize(n, knots.back());
  return knots;
}

// The products are small ones, and softmax over the comparisons takes as long as they do. On a device they are of
// floats, where the others' are of bf16, by which its speed is measured.
const CellSizes kCpuCells{.most_members = 48, .most_batch_rows = 1024, .usual_steps = 256, .speed_share = 0.35};
const CellSizes kDeviceCells{.most_members = 96, .most_batch_rows = 2048, .usual_steps = 256, .speed_share = 0.05};

CellPlan plan_cells(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                    const CellSizes& sizes) {
  CellPlan plan;
  plan.optimiser.adam_rate = 3e-3;
  plan.optimiser.adam_weight_decay = 0.03;
  plan.head_dropout = kHeadDropout;
  plan.max_epochs = epochs_of(options);
  CellNetworkSpec& spec = plan.spec;
  spec.n_labels = static_cast<int>(corpus.labels.size());
  spec.task = corpus.task;
  size_t n_known = 0;
  for (const ColumnCounts& column : count_columns(corpus, train))
    spec.columns.push_back(look_at(column, train.size(), options.number_values, n_known));
  const CellLayout seen = cell_layout(spec);
  const bool has_text = std::ranges::any_of(spec.columns, [](const CellColumnSpec& column) { return column.text; });
  spec.log2_rows = log2_table_rows(n_known, has_text);
  // Columns of one value only: there is nothing to see, but a network needs a feature.
  if (seen.n_numbers() + seen.n_lookups() == 0) spec.columns.front().value = true;
  Rng rng(options.seed);
  plan.remembered = choose_remembered(corpus, train, cell_layout(spec), corpus.labels.size(), rng);
  spec.n_remembered = static_cast<int>(plan.remembered.size());
  spec.n_remembered_lookups = static_cast<int>(n_remembered_lookups(corpus, cell_layout(spec), plan.remembered));
  plan.batch_rows = batch_rows_for(train.size(), sizes);
  spec.n_members = options.is_trial ? kTrialMembers : members_allowed(plan, train.size(), options, sizes);
  return plan;
}

std::shared_ptr<CellNetwork> cell_network_for(const Corpus& corpus, const std::vector<uint32_t>& train,
                                              const CellPlan& plan, uint64_t seed) {
  auto network = std::make_shared<CellNetwork>(plan.spec, seed);
  const CellLayout& layout = network->stem().layout();
  network->begin_with(all_knots(corpus, train, plan.spec), known_rows(corpus, train, layout),
                      remember(corpus, plan.remembered, layout));
  return network;
}

DeepSetup setup_cells(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options) {
  CellPlan plan = plan_cells(corpus, train, options);
  if (options.as_field) use_as_field(plan);
  const auto network = cell_network_for(corpus, train, plan, options.seed);
  DeepSetup setup;
  setup.feed = std::make_unique<CellFeed>(corpus, train, network->stem().layout(), plan.batch_rows, options.seed);
  setup.network = network;
  setup.optimiser = plan.optimiser;
  setup.head_dropout = plan.head_dropout;
  setup.label_smoothing = plan.label_smoothing;
  setup.max_epochs = plan.max_epochs;
  setup.keep_last = true;
  return setup;
}

}  // namespace gulo
