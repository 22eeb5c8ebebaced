#include "engine/train/forest_trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/process_clock.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "model/calibration.h"
#include "run/forest_scorer.h"

namespace gulo {
namespace {

constexpr size_t kTrialTrees = 50;
constexpr int kExpectedTrials = 7;
// Of the time, for small forests.
constexpr double kTrialShare = 0.4;
constexpr double kMostDistinct = 0.5;  // of a column's cells: values that hardly repeat tell nothing

// The rows that trees grow on, column by column, as far as trees can use them.
struct ForestRows {
  struct Column {
    uint32_t index;
    bool has_values;               // cut by values, not by numbers
    std::vector<float> numbers;    // [n] or empty
    std::vector<uint32_t> hashes;  // [n] or empty

    ForestCell cell(uint32_t row) const {
      return has_values ? ForestCell{.hash = hashes[row]} : ForestCell{.number = numbers[row]};
    }
  };
  std::vector<Column> columns;
  std::vector<int> labels;  // [n]
  size_t n_labels = 0;

  size_t size() const { return labels.size(); }
};

bool is_number_column(const std::vector<float>& numbers) {
  const auto n = std::ranges::count_if(numbers, [](float number) { return std::isfinite(number); });
  return 2 * static_cast<size_t>(n) >= numbers.size();
}

size_t n_distinct(std::vector<uint32_t> hashes) {
  std::ranges::sort(hashes);
  return hashes.size() - std::ranges::unique(hashes).size();
}

ForestRows rows_of(const Corpus& corpus, const std::vector<uint32_t>& items, size_t n_columns) {
  std::vector<ForestRows::Column> all(n_columns);
  for (auto& column : all) column.numbers.resize(items.size()), column.hashes.resize(items.size());
  ForestRows rows{.columns = {}, .labels = {}, .n_labels = corpus.labels.size()};
  for (size_t i = 0; i < items.size(); ++i) {
    const std::vector<ForestCell> cells = forest_cells(corpus.view(items[i]), n_columns);
    for (size_t c = 0; c < n_columns; ++c) all[c].numbers[i] = cells[c].number, all[c].hashes[i] = cells[c].hash;
    rows.labels.push_back(corpus.item_labels[items[i]]);
  }
  for (uint32_t c = 0; c < n_columns; ++c) {
    const size_t distinct = n_distinct(all[c].hashes);
    const bool has_numbers = is_number_column(all[c].numbers);
    const bool repeats = static_cast<double>(distinct) <= kMostDistinct * static_cast<double>(items.size());
    if (distinct < 2 || (!has_numbers && !repeats)) continue;
    all[c].index = c;
    all[c].has_values = !has_numbers;
    (has_numbers ? all[c].hashes.clear() : all[c].numbers.clear());
    rows.columns.push_back(std::move(all[c]));
  }
  return rows;
}

class TreeGrower {
 public:
  TreeGrower(const ForestRows& rows, std::vector<uint32_t> chosen_rows, const ForestGrowth& growth, uint64_t seed)
      : rows_(rows), growth_(growth), rng_(seed), order_(std::move(chosen_rows)), columns_(rows.columns.size()) {
    std::iota(columns_.begin(), columns_.end(), size_t{0});
  }

  // One tree, with one root.
  ForestTensors grow() {
    tree_.roots = {0};
    struct Open {
      size_t begin, end;
      size_t node;  // whose branch it is; none: the root's
      int branch;
    };
    constexpr size_t kNone = std::numeric_limits<size_t>::max();
    std::vector<Open> open{{0, order_.size(), kNone, 0}};
    while (!open.empty()) {
      const Open now = open.back();
      open.pop_back();
      const Cut cut = best_cut(now.begin, now.end);
      const uint32_t place = cut.gain < 0 ? ForestNode::kLeafBit + add_leaf(now.begin, now.end) : add_node(cut.node);
      (now.node == kNone ? tree_.roots[0] : tree_.nodes[now.node].branches[now.branch]) = place;
      if (cut.gain < 0) continue;
      const auto middle = std::partition(at(now.begin), at(now.end), [&](uint32_t row) { return is_first(cut, row); });
      const auto m = static_cast<size_t>(middle - order_.begin());
      open.push_back({m, now.end, place, 1});
      open.push_back({now.begin, m, place, 0});
    }
    return std::move(tree_);
  }

 private:
  struct Cut {
    double gain = -1;  // below 0: there is none
    size_t column = 0;
    ForestNode node{};
  };

  std::vector<uint32_t>::iterator at(size_t i) { return order_.begin() + static_cast<ptrdiff_t>(i); }
  std::span<const uint32_t> between(size_t begin, size_t end) const {
    return std::span(order_).subspan(begin, end - begin);
  }

  bool is_first(const Cut& cut, uint32_t row) const {
    return takes_first(cut.node, rows_.columns[cut.column].cell(row));
  }

  Cut best_cut(size_t begin, size_t end) {
    counts_.assign(rows_.n_labels, 0);
    for (const uint32_t row : between(begin, end)) ++counts_[static_cast<size_t>(rows_.labels[row])];
    const bool is_pure = std::ranges::count_if(counts_, [](size_t n) { return n > 0; }) < 2;
    Cut best;
    if (is_pure || end - begin < 2 * growth_.least_rows) return best;
    size_t n_tried = 0;
    for (size_t i = 0; i < columns_.size() && n_tried < growth_.n_cuts; ++i) {
      std::swap(columns_[i], columns_[i + rng_.below(columns_.size() - i)]);
      Cut cut{.column = columns_[i]};
      if (!draw_place(begin, end, cut)) continue;  // all cells are alike
      ++n_tried;
      cut.gain = gain_of(begin, end, cut);
      if (cut.gain > best.gain) best = cut;
    }
    return best;
  }

  bool draw_place(size_t begin, size_t end, Cut& cut) {
    const ForestRows::Column& column = rows_.columns[cut.column];
    if (column.has_values) {
      cut.node = node_of(column, ForestCut::kValue, static_cast<uint32_t>(rng_()));
      const uint32_t first = column.hashes[order_[begin]];
      return std::ranges::any_of(between(begin, end), [&](uint32_t row) { return column.hashes[row] != first; });
    }
    float low = std::numeric_limits<float>::infinity(), high = -low;
    bool has_missing = false;
    for (const uint32_t row : between(begin, end)) {
      const float number = column.numbers[row];
      has_missing |= std::isnan(number);
      low = std::min(low, number), high = std::max(high, number);  // NaN changes neither
    }
    if (!(low < high) && !(has_missing && low <= high)) return false;
    const double place = low + rng_.uniform() * (static_cast<double>(high) - low);
    // No number is below the lowest: what is missing is parted from the rest where all numbers are alike.
    const float threshold = low < high ? std::clamp(static_cast<float>(place), std::nextafter(low, high), high) : low;
    const bool or_missing = low < high ? (rng_() & 1) != 0 : true;
    cut.node = node_of(column, or_missing ? ForestCut::kBelowOrMissing : ForestCut::kBelow,
                       std::bit_cast<uint32_t>(threshold));
    return true;
  }

  static ForestNode node_of(const ForestRows::Column& column, ForestCut kind, uint32_t at) {
    return {ForestNode::kCuts * column.index + static_cast<uint32_t>(kind), at, {0, 0}};
  }

  // By the Gini index, up to what all cuts of these rows have in common; below 0 where a side has too few rows.
  double gain_of(size_t begin, size_t end, const Cut& cut) {
    first_counts_.assign(rows_.n_labels, 0);
    size_t n_first = 0;
    for (const uint32_t row : between(begin, end)) {
      if (!is_first(cut, row)) continue;
      ++n_first;
      ++first_counts_[static_cast<size_t>(rows_.labels[row])];
    }
    const size_t n_second = end - begin - n_first;
    if (std::min(n_first, n_second) < std::max<size_t>(1, growth_.least_rows)) return -1;
    double first = 0, second = 0;
    for (size_t k = 0; k < counts_.size(); ++k) {
      const auto a = static_cast<double>(first_counts_[k]), b = static_cast<double>(counts_[k]) - a;
      first += a * a, second += b * b;
    }
    return first / static_cast<double>(n_first) + second / static_cast<double>(n_second);
  }

  uint32_t add_node(const ForestNode& node) {
    tree_.nodes.push_back(node);
    return static_cast<uint32_t>(tree_.nodes.size() - 1);
  }

  uint32_t add_leaf(size_t begin, size_t end) {
    const auto number = static_cast<uint32_t>(tree_.leaves.size() / rows_.n_labels);
    for (const size_t count : counts_)
      tree_.leaves.push_back(
          static_cast<uint8_t>(std::lround(255 * static_cast<double>(count) / static_cast<double>(end - begin))));
    return number;
  }

  const ForestRows& rows_;
  ForestGrowth growth_;
  Rng rng_;
  std::vector<uint32_t> order_;
  std::vector<size_t> columns_, counts_, first_counts_;  // counts of the node that is looked at
  ForestTensors tree_;
};

void append(ForestTensors& forest, const ForestTensors& tree, size_t n_labels) {
  const auto n_nodes = static_cast<uint32_t>(forest.nodes.size()),
             n_leaves = static_cast<uint32_t>(forest.leaves.size() / n_labels);
  const auto moved = [&](uint32_t branch) { return branch + (branch < ForestNode::kLeafBit ? n_nodes : n_leaves); };
  forest.roots.push_back(moved(tree.roots[0]));
  for (ForestNode node : tree.nodes) {
    for (uint32_t& branch : node.branches) branch = moved(branch);
    forest.nodes.push_back(node);
  }
  forest.leaves.insert(forest.leaves.end(), tree.leaves.begin(), tree.leaves.end());
}

size_t bytes_of(const ForestTensors& forest) {
  return forest.roots.size() * sizeof(uint32_t) + forest.nodes.size() * sizeof(ForestNode) + forest.leaves.size();
}

class ForestTrainer {
 public:
  ForestTrainer(const Corpus& corpus, const TrainValid& parts, const ForestOptions& options)
      : corpus_(corpus),
        parts_(parts),
        options_(options),
        n_columns_(corpus.shapes[parts.train.front()].extents[0]),
        items_(chosen()),
        rows_(rows_of(corpus, items_, n_columns_)),
        left_out_{parts.valid},
        progress_("wide") {}

  std::optional<ForestResult> run() {
    if (rows_.columns.empty() || rows_.size() < 2) return std::nullopt;
    ForestResult result;
    result.growth = find_growth();
    const size_t n_trees = affordable_trees();
    ForestTensors forest = grow(parts_.valid, result.growth, n_trees);
    result.valid_logits = answers(forest, parts_.valid);
    result.valid_error = answer_error(result.valid_logits, targets_of(corpus_, parts_.valid));
    if (options_.refit && !parts_.valid.empty() && !interrupted()) {
      ForestTensors again = grow({}, result.growth, n_trees);
      result.refitted = again.roots.size() == n_trees;
      if (result.refitted) forest = std::move(again);
    }
    result.spec = forest.spec(n_columns_, corpus_.labels.size());
    result.tensors = std::move(forest);
    result.seconds = spent_s();
    progress_.finish(fmt::format("{} trees, {} rows a leaf, the best of {} cuts, validation error {}{}",
                                 result.spec.n_trees, result.growth.least_rows, result.growth.n_cuts,
                                 format_percent(result.valid_error),
                                 result.refitted ? ", refitted on everything" : ""));
    return result;
  }

 private:
  double spent_s() const { return seconds_since_process_start() - start_s_; }

  // The rows that trees may grow on.
  std::vector<uint32_t> chosen() const {
    std::vector<uint32_t> items = parts_.train;
    if (options_.refit) items.insert(items.end(), parts_.valid.begin(), parts_.valid.end());
    const size_t most = std::max<size_t>(1, options_.max_cells / (2 * n_columns_));
    if (items.size() > most) {
      Rng rng(options_.seed);
      rng.shuffle(items);
      items.resize(most);
    }
    return items;
  }

  // More rows a leaf as long as that helps, then more cuts to choose from.
  ForestGrowth find_growth() {
    const size_t n = rows_.columns.size();
    ForestGrowth best{1, std::max<size_t>(1, std::lround(std::sqrt(static_cast<double>(n))))};
    if (parts_.valid.empty()) return best;
    double least_loss = trial_loss(best);
    if (add_splits()) least_loss = trial_loss(best);
    const auto is_better = [&](const ForestGrowth& growth) {
      if (interrupted() || (options_.seconds > 0 && spent_s() > kTrialShare * options_.seconds)) return false;
      const double loss = trial_loss(growth);
      if (loss >= least_loss) return false;
      least_loss = loss;
      best = growth;
      return true;
    };
    for (const size_t least_rows : {3, 10, 30})
      if (!is_better({least_rows, best.n_cuts})) break;
    for (const size_t n_cuts : {(n + 1) / 2, n})
      if (n_cuts > best.n_cuts && !is_better({best.least_rows, n_cuts})) break;
    return best;
  }

  // A tenth of a small table tells growths apart by chance. False where there is no time for more.
  bool add_splits() {
    const double trial_s = tree_s_ * kTrialTrees * kExpectedTrials, allowed_s = kTrialShare * options_.seconds;
    const double valid_fraction =
        static_cast<double>(parts_.valid.size()) / static_cast<double>(parts_.train.size() + parts_.valid.size());
    for (size_t i = 1; i < options_.most_splits; ++i)
      if (static_cast<double>(i + 1) * trial_s <= allowed_s)
        left_out_.push_back(split_corpus(corpus_, valid_fraction, options_.seed + i).valid);
    return left_out_.size() > 1;
  }

  // The mean over the splits.
  double trial_loss(const ForestGrowth& growth) {
    double sum = 0;
    for (const std::vector<uint32_t>& items : left_out_) {
      const double begin_s = spent_s();
      const ForestTensors forest = grow(items, growth, std::min(kTrialTrees, options_.max_trees));
      const auto n_trees = static_cast<double>(forest.roots.size());
      tree_s_ = (spent_s() - begin_s) / n_trees, tree_bytes_ = static_cast<double>(bytes_of(forest)) / n_trees;
      const std::vector<float> logits = answers(forest, items);
      const Targets targets = targets_of(corpus_, items);
      sum += mean_loss(combine_logits(fit_calibration(logits, {}, targets), logits, {}), targets);
    }
    return sum / static_cast<double>(left_out_.size());
  }

  // Two forests of so many, one of them on all rows, as large as the trees that were tried last.
  size_t affordable_trees() const {
    auto n = static_cast<double>(options_.max_trees);
    if (tree_bytes_ > 0) n = std::min(n, 0.85 * static_cast<double>(options_.max_bytes) / tree_bytes_);
    if (options_.seconds > 0 && tree_s_ > 0) n = std::min(n, 0.45 * (options_.seconds - spent_s()) / tree_s_);
    return static_cast<size_t>(std::max(1., n));
  }

  // On all rows but these, ascending. One tree at least when interrupted().
  ForestTensors grow(const std::vector<uint32_t>& left_out, const ForestGrowth& growth, size_t n_trees) {
    std::vector<uint32_t> chosen_rows;
    for (uint32_t i = 0; i < items_.size(); ++i)
      if (!std::ranges::binary_search(left_out, items_[i])) chosen_rows.push_back(i);
    std::vector<ForestTensors> trees(n_trees);
    parallel_for(n_trees, options_.n_threads, 1, [&](size_t i, int thread) {
      if (interrupted() && i > 0) return;
      // Seeds in a row are streams that overlap.
      trees[i] = TreeGrower(rows_, chosen_rows, growth, Rng(options_.seed * 1000003 + i)()).grow();
      if (thread == 0) progress_.update(options_.seconds > 0 ? std::min(1., spent_s() / options_.seconds) : 0, "trees");
    });
    ForestTensors forest;
    for (const ForestTensors& tree : trees)
      if (!tree.roots.empty()) append(forest, tree, rows_.n_labels);
    return forest;
  }

  std::vector<float> answers(const ForestTensors& forest, const std::vector<uint32_t>& items) const {
    const size_t n_labels = corpus_.labels.size();
    std::vector<float> logits(items.size() * n_labels);
    parallel_for(items.size(), options_.n_threads, 16, [&](size_t i, int) {
      forest_logits(forest_view(forest, n_labels), forest_cells(corpus_.view(items[i]), n_columns_),
                    logits.data() + i * n_labels);
    });
    return logits;
  }

  const Corpus& corpus_;
  const TrainValid& parts_;
  const ForestOptions& options_;
  const double start_s_ = seconds_since_process_start();
  const size_t n_columns_;
  const std::vector<uint32_t> items_;
  const ForestRows rows_;                        // of items_
  std::vector<std::vector<uint32_t>> left_out_;  // validation items of each split, ascending
  double tree_s_ = 0, tree_bytes_ = 0;           // of the latest trial
  Progress progress_;
};

}  // namespace

std::optional<ForestResult> train_forest(const Corpus& corpus, const TrainValid& parts, const ForestOptions& options) {
  require(corpus.kind == Kind::kCells, ErrorKind::kUsage,
          fmt::format("a forest takes rows of kind cells, not {}", kind_name(corpus.kind)));
  if (corpus.task != Task::kLabel || corpus.labels.size() < 2 || parts.train.empty()) return std::nullopt;
  return ForestTrainer(corpus, parts, options).run();
}

}  // namespace gulo
