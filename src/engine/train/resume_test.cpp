// A training that goes on from a checkpoint ends as one that was never broken off.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/expect_error.h"
#include "data/temporary_tree.h"
#include "engine/feed/fields_feed.h"
#include "engine/train/checkpoint.h"
#include "engine/train/deep_setup.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/resumed_training.h"
#include "engine/train/small_corpus.h"
#include "engine/train/small_fields.h"
#include "engine/train/training_state.h"

namespace gulo {
namespace {

DeepOptions options_for(const Corpus& corpus, const std::vector<uint32_t>& items, int64_t steps) {
  DeepOptions options;
  options.steps = steps;
  options.gemm_peak_flops_per_s = 1e11;
  options.setup = [&corpus, &items](double flops_per_s) {
    return setup_deep(corpus, items, {.seconds = 0.01, .flops_per_s = flops_per_s});
  };
  return options;
}

void expect_goes_on_with(const Corpus& corpus, size_t n_train, int64_t steps) {
  at::set_num_threads(2);
  const std::vector<uint32_t> train = items_between(0, n_train), valid = items_between(n_train, corpus.n_items());
  expect_goes_on(options_for(corpus, train, steps),
                 [&](const DeepOptions& options) { return train_deep(corpus, valid, options); });
}

TEST(Resume, OfEveryKindGivesTheSameBits) { expect_goes_on_with(many_fields(120), 96, 14); }

TEST(Resume, OfBytesGivesTheSameBits) { expect_goes_on_with(small_corpus(300, 3, 1), 240, 12); }

TEST(Resume, EndsWhenTheTimeLeftDoes) {
  // Pictures: their steps are quick.
  const FieldCorpus photos = take_field(many_fields(100), 1, items_between(0, 100), 2);
  const std::vector<uint32_t> train(photos.present.begin(), photos.present.end() - 20),
      valid(photos.present.end() - 20, photos.present.end());
  const Corpus& corpus = photos.corpus;
  DeepOptions options = options_for(corpus, train, 0);
  std::optional<TrainingState> state;
  options.checkpoint = [&](const TrainingState& now) { state = kept(now); };
  options.checkpoint_s = 1e9;
  const auto seconds = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  DeepResult first;
  double begin_s = 0, budget_s = 1;
  options.progress = [](const DeepProgress& now) { return now.step < 12; };
  while (!state && budget_s < 200) {  // a busy machine takes long for 12 steps
    budget_s *= 4;
    begin_s = seconds();
    options.seconds = budget_s;
    first = train_deep(corpus, valid, options);
  }
  ASSERT_TRUE(state);
  const double left_s = budget_s - (seconds() - begin_s);
  options.progress = {};
  options.resume = &*state;
  options.seconds = 1e6;  // those of the checkpoint count
  const double resumed_s = seconds();
  const DeepResult second = train_deep(corpus, valid, options);
  EXPECT_LT(seconds() - resumed_s, std::max(0., left_s) + 20);  // a busy machine is slow
  EXPECT_GE(second.steps, first.steps);
}

TEST(Resume, OfAnotherNetworkIsAnError) {
  const Corpus corpus = small_corpus(60, 3, 1), other = small_corpus(60, 4, 1);
  const std::vector<uint32_t> items = items_between(0, 60);
  DeepOptions options = options_for(corpus, items, 10);
  TrainingState state;
  options.checkpoint = [&](const TrainingState& now) { state = now; };
  options.checkpoint_s = 1e-9;
  train_deep(corpus, {}, options);
  options = options_for(other, items, 10);
  options.resume = &state;
  EXPECT_NE(error_text(ErrorKind::kData, [&] { train_deep(other, {}, options); }).find("another network"),
            std::string::npos);
}

TEST(TrainingState, DamagedFilesAreErrors) {
  const TemporaryTree tree;
  TrainingState state;
  state.facts["a"] = 1;
  state.put_values("b", std::vector<float>{1, 2, 3});
  TrainingState whole;
  whole.put("part", state);
  const std::string path = tree.path("state");
  save_training_state(path, whole);
  EXPECT_EQ(load_training_state(path).part("part")->values<float>("b"), (std::vector<float>{1, 2, 3}));
  EXPECT_FALSE(load_training_state(path).part("other"));
  const auto size = std::filesystem::file_size(path);
  for (const auto damage : {0, 1}) {
    save_training_state(path, whole);
    if (damage == 0) {
      std::filesystem::resize_file(path, size - 1);
    } else {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(size) - 2);
      file.put('\x55');
    }
    error_text(ErrorKind::kData, [&] { load_training_state(path); });
  }
}

TEST(Checkpoint, NamesWhatDiffers) {
  const TrainOptions then{.data = "a", .model_path = "m", .steps = 3}, now{.data = "b", .model_path = "m", .steps = 4};
  require_same_training(training_identity(then), training_identity(then), "m.checkpoint");
  const std::string text = error_text(ErrorKind::kData, [&] {
    require_same_training(training_identity(then), training_identity(now), "m.checkpoint");
  });
  EXPECT_NE(text.find("--steps was 3 and is 4"), std::string::npos) << text;
  Corpus corpus = small_corpus(10, 2, 1), changed = corpus;
  changed.content_hashes[3] ^= 1;
  EXPECT_EQ(training_identity(corpus), training_identity(small_corpus(10, 2, 1)));
  EXPECT_NE(training_identity(corpus), training_identity(changed));
}

TEST(Checkpoint, IsNotWorthItInShortTrainings) {
  EXPECT_EQ(checkpoint_interval_s({.budget_s = 60}), 0);
  EXPECT_EQ(checkpoint_interval_s({.budget_s = 300}), 30);
  EXPECT_EQ(checkpoint_interval_s({.budget_s = 3600}), 180);
  EXPECT_EQ(checkpoint_interval_s({.budget_s = 60, .checkpoint_s = 5}), 5);
}

}  // namespace
}  // namespace gulo
