#include "engine/cluster/cluster.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <atomic>

#include "engine/cluster/cluster_threads.h"
#include "engine/cluster/gradient_buckets.h"

namespace gulo {
namespace {

TEST(Cluster, SumsAndAgrees) {
  std::atomic<int> n_right = 0;
  expect_no_errors(run_as_cluster(3, [&](Cluster& cluster) {
    const at::Tensor numbers = at::full({1000}, static_cast<double>(cluster.rank() + 1), at::kDouble);
    cluster.sum(numbers);
    const bool sum_is_right = numbers.eq(6).all().item<bool>();
    const bool agrees = cluster.agree(10. + cluster.rank()) == 10 &&
                        cluster.agree("text of rank " + std::to_string(cluster.rank())) == "text of rank 0" &&
                        cluster.agree(std::string()).empty();
    n_right += sum_is_right && agrees ? 1 : 0;
  }));
  EXPECT_EQ(n_right, 3);
}

TEST(Cluster, SharesPartsOfAnySize) {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    std::atomic<int> n_right = 0;
    expect_no_errors(run_as_cluster(3, [&](Cluster& cluster) {
      std::vector<at::Tensor> parts;
      for (int rank = 0; rank < 3; ++rank)
        parts.push_back(at::full({rank * 700}, rank == cluster.rank() ? rank + 1 : 0, dtype));
      cluster.share(parts);
      n_right += parts[1].eq(2).all().item<bool>() && parts[2].eq(3).all().item<bool>() ? 1 : 0;
    }));
    EXPECT_EQ(n_right, 3);
  }
}

TEST(Cluster, ALostProcessEndsTheOthers) {
  const std::vector<std::string> errors = run_as_cluster(3, [](Cluster& cluster) {
    cluster.set_recovery("what to do next");
    if (cluster.rank() == 1) return;
    for (int i = 0; i < 100; ++i) cluster.sum(at::ones({10}));
  });
  EXPECT_EQ(errors[1], "");
  for (const size_t rank : {0, 2}) {
    EXPECT_NE(errors[rank].find("lost another process"), std::string::npos) << errors[rank];
    EXPECT_NE(errors[rank].find("what to do next"), std::string::npos) << errors[rank];
  }
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

TEST(GradientBuckets, AreTheSumsOfAll) {
  Layers all;
  (all.loss(1, false) + all.loss(2, true)).backward();
  for (const int64_t bucket_bytes : {1, 10'000, 1 << 20}) {
    std::atomic<int> n_right = 0;
    expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
      Layers mine;
      GradientBuckets buckets(cluster, mine.weights, bucket_bytes);
      bool right = true;
      for (int step = 0; step < 3; ++step) {
        buckets.begin();
        mine.loss(cluster.rank() + 1, cluster.rank() == 1).backward();
        buckets.finish();
        for (const size_t i : {0, 1, 3}) right &= at::allclose(mine.weights[i].grad(), all.weights[i].grad());
        right &= !mine.weights[2].grad().defined();
        for (at::Tensor& weight : mine.weights) weight.mutable_grad().reset();
      }
      n_right += right ? 1 : 0;
    }));
    EXPECT_EQ(n_right, 2) << bucket_bytes;
  }
}

}  // namespace
}  // namespace gulo
