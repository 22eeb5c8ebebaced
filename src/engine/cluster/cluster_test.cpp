#include "engine/cluster/cluster.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <system_error>

#include "engine/cluster/cluster_threads.h"
#include "engine/cluster/exchange.h"
#include "engine/cluster/gradient_shares.h"

namespace gulo {
namespace {

// Both ways in which processes of one machine can speak to each other.
class ClusterBothWays : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Both, ClusterBothWays, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "BySharedMemory" : "ByTcp"; });

// More than one mail takes, too.
TEST_P(ClusterBothWays, SumsAndAgrees) {
  for (const int64_t n : {1, 1000, 20'000}) {
    std::atomic<int> n_right = 0;
    const auto body = [&](Cluster& cluster) {
      const at::Tensor numbers = at::full({n}, static_cast<double>(cluster.rank() + 1), at::kDouble);
      for (int i = 0; i < 5; ++i) cluster.sum(numbers);
      const bool sum_is_right = numbers.eq(6 * 81).all().item<bool>() && cluster.shares_memory() == GetParam();
      const bool agrees = cluster.agree(10. + cluster.rank()) == 10 &&
                          cluster.agree("text of rank " + std::to_string(cluster.rank())) == "text of rank 0" &&
                          cluster.agree(std::string()).empty();
      const bool all_are_heard = cluster.count(cluster.rank() > 0) == 2 &&
                                 cluster.gather((int64_t{1} << 62) + cluster.rank()) ==
                                     std::vector{int64_t{1} << 62, (int64_t{1} << 62) + 1, (int64_t{1} << 62) + 2};
      n_right += sum_is_right && agrees && all_are_heard ? 1 : 0;
    };
    expect_no_errors(run_as_cluster(3, body, GetParam()));
    EXPECT_EQ(n_right, 3);
  }
}

TEST_P(ClusterBothWays, ALostProcessEndsTheOthers) {
  const auto body = [](Cluster& cluster) {
    cluster.set_recovery("what to do next");
    if (cluster.rank() == 1) return;
    for (int i = 0; i < 100; ++i) cluster.sum(at::ones({10}));
  };
  const std::vector<std::string> errors = run_as_cluster(3, body, GetParam());
  EXPECT_EQ(errors[1], "");
  for (const size_t rank : {0, 2}) {
    EXPECT_NE(errors[rank].find("lost another process"), std::string::npos) << errors[rank];
    EXPECT_NE(errors[rank].find("what to do next"), std::string::npos) << errors[rank];
  }
}

// One process of each device, four at most; a single one has its sums back.
TEST(Cluster, SumsOnDevices) {
  const int n = at::hasCUDA() ? std::min(4, static_cast<int>(at::detail::getCUDAHooks().deviceCount())) : 0;
  if (n == 0) GTEST_SKIP() << "no CUDA device";
  expect_no_errors(run_as_cluster(n, [&](Cluster& cluster) {
    const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(cluster.rank()));
    const c10::DeviceGuard on_device(device);
    const at::Tensor numbers = at::full({1000}, cluster.rank() + 1, at::TensorOptions(device).dtype(at::kFloat));
    cluster.sum(numbers);
    EXPECT_EQ(numbers.sum().item<float>(), 1000.F * static_cast<float>(n * (n + 1) / 2));
  }));
}

TEST(Cluster, BroadcastsFromAnyRank) {
  std::atomic<int> n_right = 0;
  expect_no_errors(run_as_cluster(3, [&](Cluster& cluster) {
    const at::Tensor number = at::full({1}, static_cast<double>(cluster.rank()), at::kDouble);
    cluster.broadcast(number, 2);
    n_right += number.item<double>() == 2 ? 1 : 0;
  }));
  EXPECT_EQ(n_right, 3);
}

TEST(Cluster, HasTheMemoryThatThereIs) {
  std::atomic<int> n_right = 0;
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    const std::shared_ptr<SharedMapping> memory = cluster.common_memory(1000);
    ASSERT_TRUE(memory);
    memory->data()[cluster.rank()] = std::byte{7};
    cluster.meet();
    n_right += memory->data()[1 - cluster.rank()] == std::byte{7} ? 1 : 0;
    EXPECT_THROW(SharedMapping::open(memory->name(), 1000), std::system_error) << "its name is forgotten";
    EXPECT_FALSE(cluster.common_memory(int64_t{1} << 50)) << "no machine has so much";
  }));
  EXPECT_EQ(n_right, 2);
}

// Each rank has rank * 10 + to for every other, then rank + 1 for all.
void trade(Cluster& cluster, Exchange& exchange) {
  const int rank = cluster.rank();
  for (int round = 0; round < 3; ++round) {
    exchange.open();
    for (int to = 0; to < cluster.size(); ++to)
      if (to != rank) exchange.mine(to).fill_(rank * 10 + to + round);
    exchange.begin();
    exchange.collect();
    for (int from = 0; from < cluster.size(); ++from) {
      if (from == rank) continue;
      EXPECT_TRUE(exchange.from(from).eq(from * 10 + rank + round).all().item<bool>()) << from;
    }
    if (round == 1) continue;
    exchange.mine(rank).fill_(rank + 1 + round);
    exchange.publish();
    exchange.receive();
    for (int from = 0; from < cluster.size(); ++from)
      EXPECT_TRUE(exchange.published(from).eq(from + 1 + round).all().item<bool>()) << from;
  }
}

TEST_P(ClusterBothWays, ExchangesPartsOfAnySize) {
  const auto body = [](Cluster& cluster) { trade(cluster, *Exchange::make(cluster, {1, 5000, 700})); };
  expect_no_errors(run_as_cluster(3, body, GetParam()));
}

// Three layers of weights; the last one is not asked for by rank 0, another one by nobody.
struct Layers {
  std::vector<at::Tensor> weights;
  Layers() {
    for (int i = 0; i < 4; ++i) weights.push_back(at::full({40, 40}, 0.01 * (i + 1)).set_requires_grad(true));
  }
  at::Tensor loss(double scale, bool with_last) const {
    at::Tensor x = at::full({2, 40}, scale).mm(weights[0]).mm(weights[1]);
    if (with_last) x = x.mm(weights[3]);
    return x.sum();
  }
};

// The owners' are the sums; all have what the owners make of them.
bool takes_steps_of_sums(Cluster& cluster, Layers& mine, const Layers& all, GradientShares& shares,
                         const std::vector<int>& owners) {
  bool right = true;
  shares.begin();
  mine.loss(cluster.rank() + 1, cluster.rank() == 1).backward();
  shares.finish();
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < owners.size(); ++i) {
    at::Tensor& gradient = mine.weights[i].mutable_grad();
    right &= gradient.defined() == (owners[i] == cluster.rank() && i != 2);
    if (!gradient.defined()) continue;
    right &= at::allclose(gradient, all.weights[i].grad());
    mine.weights[i].detach().copy_(gradient);
    gradient.reset();
  }
  shares.spread();
  for (const size_t i : {0, 1, 3}) right &= at::allclose(mine.weights[i].detach(), all.weights[i].grad());
  return right;
}

TEST_P(ClusterBothWays, GradientsAreTheSumsOfAll) {
  Layers all;
  (all.loss(1, false) + all.loss(2, true)).backward();
  for (const std::vector<int>& owners : {std::vector<int>{0, 1, 1, 0}, {1, 1, 1, 1}, {1, 1, 0, 1}}) {
    for (const int64_t bucket_bytes : {1, 10'000, 1 << 20}) {
      std::atomic<int> n_right = 0;
      const auto body = [&](Cluster& cluster) {
        bool right = true;
        Layers mine;
        GradientShares shares(cluster, mine.weights, owners, bucket_bytes);
        for (int step = 0; step < 3; ++step) {
          const at::NoGradGuard no_grad;
          const Layers fresh;
          for (size_t i = 0; i < owners.size(); ++i) mine.weights[i].detach().copy_(fresh.weights[i]);
          const at::AutoGradMode with_grad(true);
          right &= takes_steps_of_sums(cluster, mine, all, shares, owners);
        }
        n_right += right ? 1 : 0;
      };
      expect_no_errors(run_as_cluster(2, body, GetParam()));
      EXPECT_EQ(n_right, 2) << bucket_bytes;
    }
  }
}

// A pass whose sums nobody takes a step of leaves no trace.
TEST_P(ClusterBothWays, APassMayBeThrownAway) {
  Layers all;
  (all.loss(1, false) + all.loss(2, true)).backward();
  const std::vector<int> owners{0, 1, 0, 1};
  std::atomic<int> n_right = 0;
  const auto body = [&](Cluster& cluster) {
    Layers mine;
    GradientShares shares(cluster, mine.weights, owners);
    for (int i = 0; i < 3; ++i) {
      shares.begin();
      mine.loss(5, true).backward();
      shares.finish();
      for (at::Tensor& weight : mine.weights) weight.mutable_grad().reset();
    }
    n_right += takes_steps_of_sums(cluster, mine, all, shares, owners) ? 1 : 0;
  };
  expect_no_errors(run_as_cluster(2, body, GetParam()));
  EXPECT_EQ(n_right, 2);
}

}  // namespace
}  // namespace gulo
