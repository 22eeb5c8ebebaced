#include "engine/cluster/exchange.h"

#include <ATen/ATen.h>

#include <functional>
#include <numeric>
#include <utility>

namespace gulo {
namespace {

// A box of each process, which it writes and all read.
class SharedExchange : public Exchange {
 public:
  SharedExchange(Cluster& cluster, const std::vector<int64_t>& sizes, std::shared_ptr<SharedMapping> memory)
      : cluster_(cluster), sizes_(sizes) {
    const int64_t n = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
    float* first = reinterpret_cast<float*>(memory->data());
    boxes_ = at::from_blob(first, {cluster.size(), n}, [memory](void*) {}, at::kFloat);
  }

  // Nobody reads the round before any more.
  void open() override { cluster_.meet(); }
  at::Tensor mine(int rank) override { return part(cluster_.rank(), rank); }
  void begin() override {}
  void collect() override { cluster_.meet(); }
  at::Tensor from(int rank) override { return part(rank, cluster_.rank()); }
  void publish() override {}
  void receive() override { cluster_.meet(); }
  at::Tensor published(int rank) override { return part(rank, rank); }

 private:
  at::Tensor part(int box, int rank) const {
    const int64_t at = std::accumulate(sizes_.begin(), sizes_.begin() + rank, int64_t{0});
    return boxes_[box].narrow(0, at, sizes_[static_cast<size_t>(rank)]);
  }

  Cluster& cluster_;
  std::vector<int64_t> sizes_;
  at::Tensor boxes_;
};

class SentExchange : public Exchange {
 public:
  SentExchange(Cluster& cluster, const std::vector<int64_t>& sizes) : cluster_(cluster), to_(sizes) {
    const int64_t own = std::exchange(to_[static_cast<size_t>(cluster.rank())], 0);
    from_.assign(sizes.size(), own);
    from_[static_cast<size_t>(cluster.rank())] = 0;
    given_ = at::zeros({std::accumulate(to_.begin(), to_.end(), int64_t{0})});
    taken_ = at::zeros({own * static_cast<int64_t>(sizes.size() - 1)});
    own_ = at::zeros({own});
  }

  void open() override {}
  at::Tensor mine(int rank) override { return rank == cluster_.rank() ? own_ : part(given_, to_, rank); }
  void begin() override { wait_ = cluster_.begin_trade(given_, to_, taken_, from_); }
  void collect() override { wait_(); }
  at::Tensor from(int rank) override { return part(taken_, from_, rank); }
  // What was given has arrived: its place is free.
  void publish() override {
    std::vector<at::Tensor> parts;
    for (int rank = 0; rank < cluster_.size(); ++rank) parts.push_back(mine(rank));
    wait_ = cluster_.begin_broadcasts(parts);
  }
  void receive() override { wait_(); }
  at::Tensor published(int rank) override { return mine(rank); }

 private:
  static at::Tensor part(const at::Tensor& all, const std::vector<int64_t>& sizes, int rank) {
    return all.narrow(0, std::accumulate(sizes.begin(), sizes.begin() + rank, int64_t{0}),
                      sizes[static_cast<size_t>(rank)]);
  }

  Cluster& cluster_;
  std::vector<int64_t> to_, from_;
  at::Tensor given_, taken_, own_;
  std::function<void()> wait_;
};

}  // namespace

std::unique_ptr<Exchange> Exchange::make(Cluster& cluster, const std::vector<int64_t>& sizes) {
  const int64_t n = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  const auto n_bytes = n * cluster.size() * static_cast<int64_t>(sizeof(float));
  if (cluster.shares_memory())
    if (auto memory = cluster.common_memory(n_bytes))
      return std::make_unique<SharedExchange>(cluster, sizes, std::move(memory));
  return std::make_unique<SentExchange>(cluster, sizes);
}

}  // namespace gulo
