#include "data/table/corpus_builder.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/progress.h"
#include "base/units.h"
#include "base/utf8.h"

namespace gulo {
namespace {

constexpr size_t kNamedRows = 3;

}  // namespace

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

CorpusBuilder::CorpusBuilder(std::string path, Kind kind, const TableOptions& options)
    : path_(std::move(path)), shown_path_(printable_utf8(path_)), options_(options) {
  corpus_.kind = kind;
  corpus_.arena = Arena(arena_limits(options.memory_bytes, options.spill_folder));
}

void CorpusBuilder::fail(const std::string& message, const std::string& hint) const {
  throw Error(ErrorKind::kData, message, hint, path_);
}

void CorpusBuilder::add(uint64_t row, std::string_view label, const ItemShape& shape, std::span<const uint8_t> bytes) {
  label = without_blanks(label);
  if (options_.labelled && !options_.may_lack_labels && label.empty()) return add_bad(row, "has no label");
  corpus_.arena.append(bytes);
  corpus_.offsets.push_back(corpus_.arena.size());
  if (corpus_.kind != Kind::kBytes) corpus_.shapes.push_back(shape);
  corpus_.names.push_back(fmt::format("{}:{}", shown_path_, row));
  corpus_.content_hashes.push_back(XXH3_64bits(bytes.data(), bytes.size()));
  count_label(label);
}

void CorpusBuilder::add_samples(uint64_t row, std::string_view label, std::span<const float> values,
                                uint32_t n_channels) {
  const ItemShape shape{.type = ValueType::kFloat32,
                        .extents = {static_cast<uint32_t>(values.size() / n_channels), n_channels, 1}};
  add(row, label, shape, {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
}

void CorpusBuilder::add_text(uint64_t row, std::string_view label, std::string_view text) {
  add(row, label, {}, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void CorpusBuilder::add_bad(uint64_t row, const std::string& reason) {
  ++corpus_.n_bad;
  if (first_problems_.size() < kNamedRows)
    first_problems_.push_back(fmt::format("{}:{} ({})", shown_path_, row, reason));
}

void CorpusBuilder::count_label(std::string_view label) {
  if (!options_.labelled) return corpus_.item_labels.push_back(-1);
  const auto [place, is_new] =
      label_numbers_.try_emplace(printable_utf8(label), static_cast<int>(labels_in_order_.size()));
  if (is_new) labels_in_order_.push_back(place->first);
  corpus_.item_labels.push_back(place->second);
}

Corpus CorpusBuilder::finish() {
  report_bad();
  if (corpus_.n_items() == 0) fail("has no items");
  if (options_.labelled) check_labels();
  sort_labels();
  corpus_.arena.resize(corpus_.arena.size() + Corpus::kArenaPadding);
  return std::move(corpus_);
}

void CorpusBuilder::report_bad() const {
  if (corpus_.n_bad == 0) return;
  const uint64_t n_rows = corpus_.n_bad + corpus_.n_items();
  std::string text = fmt::format("{} of {} items cannot be read:", corpus_.n_bad, n_rows);
  for (size_t i = 0; i < first_problems_.size(); ++i)
    text += fmt::format("{} {}", i > 0 ? "," : "", first_problems_[i]);
  if (corpus_.n_bad > first_problems_.size())
    text += fmt::format(" and {} more", corpus_.n_bad - first_problems_.size());
  const double allowed = options_.max_bad_fraction * static_cast<double>(n_rows);
  if (static_cast<double>(corpus_.n_bad) > allowed || corpus_.n_items() == 0)
    fail(text, "mend or remove them, or allow a larger fraction by --max-bad");
  warn(fmt::format("{}: {}; they are left out", shown_path_, text));
}

void CorpusBuilder::check_labels() const {
  const std::string hint = "choose the label's column by --label";
  const size_t n_labels = labels_in_order_.size(), n_items = corpus_.n_items();
  if (n_labels < options_.min_labels)
    fail(n_labels == 1 ? fmt::format("all {} items have one label, '{}', and at least {} labels are needed", n_items,
                                     labels_in_order_[0], options_.min_labels)
                       : fmt::format("has {} labels, and at least {} are needed", n_labels, options_.min_labels),
         hint);
  if (options_.min_labels >= 2 && n_labels == n_items)
    fail(fmt::format("all {} items have different labels ('{}', '{}', ...)", n_items, labels_in_order_[0],
                     labels_in_order_[1]),
         hint + "; each label needs several items");
}

void CorpusBuilder::sort_labels() {
  std::vector<int> order(labels_in_order_.size()), place(labels_in_order_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [this](int a, int b) {
    return labels_in_order_[static_cast<size_t>(a)] < labels_in_order_[static_cast<size_t>(b)];
  });
  for (size_t i = 0; i < order.size(); ++i) {
    place[static_cast<size_t>(order[i])] = static_cast<int>(i);
    corpus_.labels.push_back(labels_in_order_[static_cast<size_t>(order[i])]);
  }
  if (options_.labelled)
    for (int& label : corpus_.item_labels) label = place[static_cast<size_t>(label)];
}

}  // namespace gulo
