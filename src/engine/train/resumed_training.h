// For tests: a training that is broken off and goes on.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "data/temporary_tree.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/training_state.h"

namespace gulo {

// Through a file, as after the end of a process.
inline TrainingState kept(const TrainingState& state) {
  const TemporaryTree tree;
  save_training_state(tree.path("state"), state);
  return load_training_state(tree.path("state"));
}

inline void expect_same(const DeepResult& a, const DeepResult& b) {
  ASSERT_EQ(a.network->parameters().size(), b.network->parameters().size());
  for (size_t i = 0; i < a.network->parameters().size(); ++i) {
    const Parameter &x = a.network->parameters()[i], &y = b.network->parameters()[i];
    EXPECT_TRUE(at::allclose(x.value, y.value, 0, 0, /*equal_nan=*/true)) << x.name;  // remembered rows have gaps
  }
  EXPECT_EQ(a.valid_logits, b.valid_logits);
  EXPECT_EQ(a.steps, b.steps);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.model_flops, b.model_flops);
  ASSERT_EQ(a.curve.size(), b.curve.size());
  for (size_t i = 0; i < a.curve.size(); ++i) EXPECT_EQ(a.curve[i].loss, b.curve[i].loss);
}

// train: a DeepOptions' whole training. Without checkpoints, with them, and from one in the middle: all are the same.
template <class Train>
void expect_goes_on(DeepOptions options, const Train& train) {
  const DeepResult plain = train(options);
  std::vector<TrainingState> states;
  options.checkpoint = [&](const TrainingState& state) { states.push_back(kept(state)); };
  options.checkpoint_s = 1e-9;
  expect_same(plain, train(options));
  ASSERT_GT(states.size(), 3u);
  const TrainingState& middle = states[states.size() / 2];
  EXPECT_LT(middle.fact<int64_t>("steps"), options.steps - 1);
  options.resume = &middle;
  expect_same(plain, train(options));
}

}  // namespace gulo
