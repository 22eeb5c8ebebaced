#include "engine/train/trials.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/net/cell_network.h"

namespace gulo {
namespace {

struct Tried {
  double epochs;
  bool number_values;
  bool operator==(const Tried&) const = default;
};

// Answers for 40 items of two labels, of which the less sure a trial is the worse it is; seconds as many as epochs.
class TrialsTest : public ::testing::Test {
 protected:
  using Sureness = std::function<double(const SetupOptions&)>;

  DeepResult trained(const SetupOptions& setup) {
    tried_.push_back({setup.epochs, setup.number_values});
    EXPECT_TRUE(setup.is_trial);
    left_s_ -= setup.epochs;
    DeepResult result;
    result.network = std::make_shared<CellNetwork>(
        CellNetworkSpec{.columns = {{.number = true, .value = numbers_repeat_ && setup.number_values}}, .n_labels = 2},
        1);
    result.steps = 1;
    result.epochs = result.loop_seconds = setup.epochs;
    for (const int label : targets_.labels) {
      // One of eight answers is wrong, or no scale would be too large for the others.
      const auto right = static_cast<float>(result.valid_logits.size() % 16 == 0 ? -1 : sureness_(setup));
      for (const int other : {0, 1}) result.valid_logits.push_back(other == label ? right : 0);
    }
    return result;
  }

  DeepResult run() {
    return Trials(
               Kind::kCells, targets_, [&](const SetupOptions& setup) { return trained(setup); },
               [&] { return left_s_; })
        .run();
  }

  std::vector<int> labels_ = [] {
    std::vector<int> labels;
    for (int i = 0; i < 40; ++i) labels.push_back(i % 2);
    return labels;
  }();
  Targets targets_ = label_targets(labels_, 2);
  Sureness sureness_ = [](const SetupOptions&) { return 1; };
  bool numbers_repeat_ = true;
  double left_s_ = 1000;
  std::vector<Tried> tried_;
};

TEST_F(TrialsTest, GoOnUntilMoreIsClearlyWorse) {
  sureness_ = [](const SetupOptions& setup) { return setup.epochs == 15 ? 3 : setup.epochs > 15 ? 0.1 : 1; };
  EXPECT_EQ(run().epochs, 15);
  EXPECT_EQ(tried_, (std::vector<Tried>{{6, true}, {6, false}, {15, true}, {36, true}}));
}

TEST_F(TrialsTest, TakeValuesOfNumbersOnlyWhereTheyHelp) {
  sureness_ = [](const SetupOptions& setup) { return setup.number_values ? 1 : 3; };
  EXPECT_FALSE(knows_number_values(*run().network));
  EXPECT_EQ(tried_[2], (Tried{15, false}));
}

TEST_F(TrialsTest, DoNotTryWhatChangesNothing) {
  numbers_repeat_ = false;
  run();
  EXPECT_EQ(tried_[1], (Tried{15, true}));
}

TEST_F(TrialsTest, EndWithTheirTime) {
  left_s_ = 20;
  EXPECT_EQ(run().epochs, 6);
  EXPECT_EQ(tried_, (std::vector<Tried>{{6, true}, {6, false}}));
}

}  // namespace
}  // namespace gulo
