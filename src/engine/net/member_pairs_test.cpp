#include "engine/net/member_pairs.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace gulo {
namespace {

class MeanOverPairsTest : public ::testing::Test {
 protected:
  MeanOverPairsTest() { at::manual_seed(1); }

  // Members that do different things, and pairs that are weighted differently.
  static at::Tensor loss_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& p) {
    const at::Tensor products = at::bmm(x, weight).tanh();
    return ((products[0].square().mean() + products[1].exp().mean()) * (1 + p)).sum();
  }

  at::Tensor expected() const {
    const int64_t n_pairs = x_.size(0) / 2;
    at::Tensor sum = at::zeros({});
    for (int64_t p = 0; p < n_pairs; ++p)
      sum = sum + loss_of(at::stack({x_[p], x_[n_pairs + p]}), at::stack({weight_[p], weight_[n_pairs + p]}),
                          at::full({1}, static_cast<double>(p)));
    return sum / static_cast<double>(n_pairs);
  }

  at::Tensor by_pairs() const {
    return mean_over_pairs({x_, weight_, unused_}, [](const std::vector<at::Tensor>& pair, int64_t p) {
      return loss_of(pair[0], pair[1], at::full({1}, static_cast<double>(p)));
    });
  }

  at::Tensor x_ = at::randn({10, 7, 5}).set_requires_grad(true),
             weight_ = at::randn({10, 5, 3}).set_requires_grad(true),
             unused_ = at::randn({10, 2}).set_requires_grad(true);
};

TEST_F(MeanOverPairsTest, IsTheMeanWithItsGradients) {
  const at::Tensor other = at::randn({10, 7, 5});
  (3 * expected() + (x_ * other).sum()).backward();
  const at::Tensor grad_x = x_.grad().clone(), grad_weight = weight_.grad().clone();
  x_.mutable_grad().reset(), weight_.mutable_grad().reset();
  const at::Tensor mean = by_pairs();
  EXPECT_NEAR(mean.item<double>(), expected().item<double>(), 1e-5);
  (3 * mean + (x_ * other).sum()).backward();
  EXPECT_TRUE(at::allclose(x_.grad(), grad_x, 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(weight_.grad(), grad_weight, 1e-4, 1e-6));
  EXPECT_EQ(unused_.grad().abs().max().item<double>(), 0);
}

TEST_F(MeanOverPairsTest, HasTheSameBitsWithAnyNumberOfThreads) {
  const int n_threads = at::get_num_threads();
  std::vector<at::Tensor> gradients;
  for (const int n : {1, 3}) {
    at::set_num_threads(n);
    x_.mutable_grad().reset();
    by_pairs().backward();
    gradients.push_back(x_.grad().clone());
  }
  at::set_num_threads(n_threads);
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

TEST_F(MeanOverPairsTest, NeedsNoGradients) {
  const at::NoGradGuard no_grad;
  EXPECT_NEAR(by_pairs().item<double>(), expected().item<double>(), 1e-5);
}

TEST_F(MeanOverPairsTest, HandsOnWhatALossThrows) {
  EXPECT_THROW(mean_over_pairs({x_},
                               [](const std::vector<at::Tensor>& pair, int64_t p) {
                                 if (p == 3) throw std::runtime_error("a loss that cannot be");
                                 return pair[0].sum();
                               }),
               std::runtime_error);
}

}  // namespace
}  // namespace gulo
