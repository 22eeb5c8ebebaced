#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/rng.h"

namespace gulo {

namespace {

// Items with the same bytes, with how many of them each label has.
struct Group {
  std::vector<uint32_t> items;
  std::vector<std::pair<int, size_t>> label_counts;
  bool in_valid = false;

  size_t count(int label) const {
    for (const auto& [other, count] : label_counts)
      if (other == label) return count;
    return 0;
  }
};

std::vector<Group> group_by_content(const Corpus& corpus) {
  std::vector<uint32_t> order(corpus.n_items());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return corpus.content_hashes[a] < corpus.content_hashes[b]; });
  std::vector<Group> groups;
  for (const uint32_t item : order) {
    if (groups.empty() || corpus.content_hashes[groups.back().items[0]] != corpus.content_hashes[item])
      groups.emplace_back();
    Group& group = groups.back();
    group.items.push_back(item);
    const int label = corpus.item_labels[item];
    const auto place = std::find_if(group.label_counts.begin(), group.label_counts.end(),
                                    [&](const auto& pair) { return pair.first == label; });
    if (place != group.label_counts.end())
      ++place->second;
    else
      group.label_counts.emplace_back(label, 1);
  }
  return groups;
}

size_t n_strata(const Corpus& corpus) {
  size_t n = 0;
  for (const int label : corpus.item_labels) n = std::max(n, static_cast<size_t>(label) + 1);
  return n;
}

// Fills `valid` label by label and keeps every label, also those that share a group, within its limit.
class Splitter {
 public:
  Splitter(const Corpus& corpus, double valid_fraction)
      : groups_(group_by_content(corpus)),
        groups_of_(n_strata(corpus)),
        n_items_(n_strata(corpus)),
        n_valid_(n_strata(corpus)),
        valid_fraction_(valid_fraction) {
    for (uint32_t g = 0; g < groups_.size(); ++g)
      for (const auto& [label, count] : groups_[g].label_counts) {
        groups_of_[label].push_back(g);
        n_items_[label] += count;
      }
  }

  void take_valid(int label, Rng& rng) {
    std::vector<uint32_t>& groups = groups_of_[label];
    rng.shuffle(groups);
    const size_t share = std::llround(valid_fraction_ * static_cast<double>(n_items_[label]));
    const size_t target = std::min(std::max<size_t>(share, 1), limit(label));
    for (const uint32_t g : groups)
      if (n_valid_[label] + groups_[g].count(label) <= target) take_if_allowed(groups_[g]);
    if (n_valid_[label] > 0) return;
    // Every group is larger than the share: the smallest one has to do.
    std::stable_sort(groups.begin(), groups.end(),
                     [&](uint32_t a, uint32_t b) { return groups_[a].count(label) < groups_[b].count(label); });
    for (const uint32_t g : groups)
      if (n_valid_[label] == 0) take_if_allowed(groups_[g]);
  }

  TrainValid parts() const {
    TrainValid parts;
    for (const Group& group : groups_) {
      std::vector<uint32_t>& side = group.in_valid ? parts.valid : parts.train;
      side.insert(side.end(), group.items.begin(), group.items.end());
    }
    std::sort(parts.train.begin(), parts.train.end());
    std::sort(parts.valid.begin(), parts.valid.end());
    return parts;
  }

 private:
  // A label keeps at least half of its items, and all of them where they are the same.
  size_t limit(int label) const { return groups_of_[label].size() < 2 ? 0 : n_items_[label] / 2; }

  void take_if_allowed(Group& group) {
    if (group.in_valid) return;
    for (const auto& [label, count] : group.label_counts)
      if (n_valid_[label] + count > limit(label)) return;
    for (const auto& [label, count] : group.label_counts) n_valid_[label] += count;
    group.in_valid = true;
  }

  std::vector<Group> groups_;
  std::vector<std::vector<uint32_t>> groups_of_;  // by label
  std::vector<size_t> n_items_, n_valid_;         // by label
  double valid_fraction_;
};

}  // namespace

TrainValid split_corpus(const Corpus& corpus, double valid_fraction, uint64_t seed) {
  Splitter splitter(corpus, valid_fraction);
  Rng rng(seed);
  if (valid_fraction > 0)
    for (size_t label = 0; label < n_strata(corpus); ++label) splitter.take_valid(static_cast<int>(label), rng);
  return splitter.parts();
}

}  // namespace gulo
