#include "engine/net/cell_neighbours.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace gulo {
namespace {

struct VoteCase {
  int64_t n_rows, n_keys, width, n_outputs;
  double spread, temperature;
};

std::ostream& operator<<(std::ostream& out, const VoteCase& c) {
  return out << c.n_rows << " rows, " << c.n_keys << " keys, width " << c.width << ", " << c.n_outputs
             << " outputs, spread " << c.spread << ", temperature " << c.temperature;
}

const VoteCase kVoteCases[] = {
    {1, 1, 16, 1, 1, 1},     {37, 16, 16, 3, 1, 1},  {128, 256, 64, 2, 1, 0.1}, {130, 255, 32, 17, 1, 1},
    {300, 700, 64, 5, 1, 2}, {60, 513, 16, 3, 1, 0}, {20, 300, 16, 4, 30, 1},   {20, 300, 16, 4, 0, 1},
};
constexpr int64_t kVoters = 4;

struct VoteInputs {
  at::Tensor places, key_places, log_temperature, answers;

  VoteInputs exact() const {
    VoteInputs copy = *this;
    for (at::Tensor* each : {&copy.places, &copy.key_places, &copy.log_temperature})
      *each = each->detach().to(at::kDouble).set_requires_grad(true);
    copy.answers = answers.to(at::kDouble);
    return copy;
  }

  explicit VoteInputs(const VoteCase& c)
      : places((c.spread * at::randn({kVoters, c.n_rows, c.width})).set_requires_grad(true)),
        key_places((c.spread * at::randn({kVoters, c.n_keys, c.width})).set_requires_grad(true)),
        log_temperature((c.temperature * at::randn({kVoters, 1, 1}) - 1).set_requires_grad(true)),
        answers(at::rand({c.n_keys, c.n_outputs})) {}
};

struct VoteOutcome {
  at::Tensor votes;
  std::vector<at::Tensor> gradients;
};

template <class Votes>
VoteOutcome outcome_of(const Votes& votes, const VoteInputs& in, const at::Tensor& ids, const at::Tensor& key_ids) {
  const at::Tensor out = votes(in.places, in.log_temperature, Keys{in.key_places, in.answers, key_ids, nullptr}, ids);
  (out * at::linspace(-1, 1, out.numel(), out.options()).view(out.sizes())).sum().backward();
  VoteOutcome result{out.detach(), {}};
  for (const at::Tensor& input : {in.places, in.key_places, in.log_temperature}) {
    result.gradients.push_back(input.grad());
    input.mutable_grad().reset();
  }
  return result;
}

// Where all places are one the temperature has no gradient, and rounding is all there is of it.
void expect_near(const at::Tensor& value, const at::Tensor& exact, const std::string& what) {
  EXPECT_LT((value - exact).norm().item<double>(), 1e-3 * exact.norm().item<double>() + 1e-4) << what;
}

class NeighbourVotesTest : public ::testing::Test {
 protected:
  void SetUp() override { at::manual_seed(3); }
};

TEST_F(NeighbourVotesTest, EqualThoseOfMatrices) {
  for (const VoteCase& c : kVoteCases)
    for (const bool with_ids : {false, true}) {
      const VoteInputs in(c);
      const at::Tensor all = with_ids ? at::arange(std::max(c.n_rows, c.n_keys)).floor_divide(2) : at::Tensor();
      const at::Tensor ids = with_ids ? all.narrow(0, 0, c.n_rows) : all;
      const at::Tensor key_ids = with_ids ? all.narrow(0, 0, c.n_keys) : all;
      const VoteOutcome expected = outcome_of(neighbour_votes_of_matrices, in.exact(), ids, key_ids),
                        outcome = outcome_of(neighbour_votes, in, ids, key_ids);
      const std::string what = ::testing::PrintToString(c) + (with_ids ? ", own rows left out: " : ": ");
      expect_near(outcome.votes, expected.votes, what + "votes");
      for (size_t i = 0; i < expected.gradients.size(); ++i)
        expect_near(outcome.gradients[i], expected.gradients[i], what + "gradient " + std::to_string(i));
    }
}

TEST_F(NeighbourVotesTest, KeptTilesChangeNothing) {
  const VoteInputs in(kVoteCases[4]);
  const at::NoGradGuard no_grad;
  Keys keys{in.key_places, in.answers, {}, nullptr};
  const at::Tensor before = neighbour_votes(in.places, in.log_temperature, keys);
  keys.tiles = make_key_tiles(keys);
  EXPECT_TRUE(at::equal(neighbour_votes(in.places, in.log_temperature, keys), before));
}

TEST_F(NeighbourVotesTest, ThreadsDoNotChangeABit) {
  const VoteInputs in(kVoteCases[4]);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const VoteOutcome alone = outcome_of(neighbour_votes, in, {}, {});
  at::set_num_threads(3);
  const VoteOutcome together = outcome_of(neighbour_votes, in, {}, {});
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(alone.votes, together.votes));
  for (size_t i = 0; i < alone.gradients.size(); ++i)
    EXPECT_TRUE(at::equal(alone.gradients[i], together.gradients[i])) << i;
}

}  // namespace
}  // namespace gulo
