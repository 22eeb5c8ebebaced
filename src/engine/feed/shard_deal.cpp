#include "engine/feed/shard_deal.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

#include "base/error.h"
#include "base/units.h"

namespace gulo {
namespace {

// Larger runs are read faster from a file, smaller ones mix better.
constexpr uint64_t kRunsPerShard = 1024, kLeastRunBytes = 64 << 10, kMostRunBytes = 1 << 20;
// Shards are filled so far in the mean, which leaves room for the differences between them.
constexpr double kFill = 0.9;
// Pieces larger than this part of a shard are dealt first.
constexpr uint64_t kLargePart = 16;

}  // namespace

ShardDeal::ShardDeal(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t shard_bytes)
    : shard_bytes_(shard_bytes) {
  const uint64_t run_bytes =
      std::min(std::clamp(shard_bytes / kRunsPerShard, kLeastRunBytes, kMostRunBytes), shard_bytes / kLargePart);
  cut_pieces(corpus, items, corpus.arena.in_file() ? run_bytes : 0);
  uint64_t all_bytes = 0, most_bytes = 0;
  for (const Piece& piece : pieces_) {
    all_bytes += piece.cost;
    most_bytes = std::max(most_bytes, piece.cost);
  }
  require(most_bytes <= shard_bytes, ErrorKind::kDevice,
          fmt::format("an item of {} does not fit on the device, which has room for {} at a time",
                      format_bytes(static_cast<double>(most_bytes)), format_bytes(static_cast<double>(shard_bytes))),
          "use --device cpu");
  if (all_bytes > shard_bytes)
    n_shards_ = static_cast<size_t>(static_cast<double>(all_bytes) / (kFill * static_cast<double>(shard_bytes))) + 1;
}

void ShardDeal::cut_pieces(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t most_bytes) {
  by_place_.resize(items.size());
  std::iota(by_place_.begin(), by_place_.end(), 0);
  std::sort(by_place_.begin(), by_place_.end(), [&](uint32_t a, uint32_t b) { return items[a] < items[b]; });
  for (size_t i = 0; i < by_place_.size(); ++i) {
    const uint32_t item = items[by_place_[i]];
    const uint64_t cost = corpus.offsets[item + 1] - corpus.offsets[item] + kRowBytes;
    if (pieces_.empty() || pieces_.back().cost + cost > most_bytes) pieces_.push_back({i, i, 0});
    pieces_.back().end = i + 1;
    pieces_.back().cost += cost;
  }
}

std::vector<std::vector<uint32_t>> ShardDeal::deal(Rng& rng) const {
  std::vector<size_t> order(pieces_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  rng.shuffle(order);
  // The large ones come first, the largest before the others, as small ones fill what these leave.
  const auto large_cost = [&](size_t p) { return pieces_[p].cost > shard_bytes_ / kLargePart ? pieces_[p].cost : 0; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return large_cost(a) > large_cost(b); });
  std::vector<std::vector<size_t>> pieces_of_shards;
  for (size_t n = n_shards_; pieces_of_shards.empty(); ++n) pieces_of_shards = dealt(order, n);
  std::vector<std::vector<uint32_t>> shards;
  for (std::vector<size_t>& pieces : pieces_of_shards) {
    std::sort(pieces.begin(), pieces.end());
    std::vector<uint32_t> shard;
    for (const size_t p : pieces)
      shard.insert(shard.end(), by_place_.begin() + static_cast<std::ptrdiff_t>(pieces_[p].begin),
                   by_place_.begin() + static_cast<std::ptrdiff_t>(pieces_[p].end));
    if (!shard.empty()) shards.push_back(std::move(shard));
  }
  rng.shuffle(shards);
  return shards;
}

// Each piece goes where the least is.
std::vector<std::vector<size_t>> ShardDeal::dealt(const std::vector<size_t>& order, size_t n_shards) const {
  using Filled = std::pair<uint64_t, size_t>;  // bytes, shard
  std::priority_queue<Filled, std::vector<Filled>, std::greater<>> least;
  for (size_t s = 0; s < n_shards; ++s) least.emplace(0, s);
  std::vector<std::vector<size_t>> shards(n_shards);
  for (const size_t p : order) {
    const auto [n_bytes, s] = least.top();
    if (n_bytes + pieces_[p].cost > shard_bytes_) return {};
    least.pop();
    shards[s].push_back(p);
    least.emplace(n_bytes + pieces_[p].cost, s);
  }
  return shards;
}

}  // namespace gulo
