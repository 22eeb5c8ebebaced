#include "engine/train/fields_plan.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "engine/feed/fields_feed.h"
#include "engine/net/make_network.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/small_corpus.h"
#include "engine/train/small_fields.h"

namespace gulo {
namespace {

// Trained for some steps, so that nothing is zero any more.
DeepResult trained(const Corpus& corpus, int64_t steps) {
  DeepOptions options;
  options.steps = steps;
  options.setup = [&](double flops_per_s) {
    return setup_fields(corpus, items_between(0, corpus.n_items() - 40), {.seconds = 1, .flops_per_s = flops_per_s});
  };
  return train_deep(corpus, items_between(corpus.n_items() - 40, corpus.n_items()), options);
}

TEST(FieldsPlan, LearnsWhatTwoFieldsSayTogether) {
  const Corpus corpus = many_fields(400);
  // A fifth has no text, and nothing to go by: a tenth is wrong by chance.
  EXPECT_LE(trained(corpus, 60).valid_error, 0.3);
}

TEST(FieldsPlan, SavedAndLoadedItGivesTheSameLogits) {
  const Corpus corpus = many_fields(100);
  const DeepResult result = trained(corpus, 12);
  const auto items = corpus.views(items_between(0, 20));
  const std::vector<float> logits = result.network->logits(items, 0);
  const ParameterBuffers buffers = result.network->export_parameters();
  const auto loaded = load_network(result.network->saved_spec(), buffers.tensors, at::kFloat);
  const std::vector<float> again = loaded->logits(items, 0);
  ASSERT_EQ(again.size(), 40u);
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], again[i], 2e-2) << "saved in bf16";
  const std::vector<float> third =
      load_network(loaded->saved_spec(), loaded->export_parameters().tensors, at::kFloat)->logits(items, 0);
  EXPECT_EQ(again, third);
}

TEST(FieldsPlan, AnItemsLogitsDoNotDependOnTheOthers) {
  const Corpus corpus = many_fields(100);
  const DeepResult result = trained(corpus, 12);
  const auto items = corpus.views(items_between(0, 30));
  const std::vector<float> together = result.network->logits(items, 0);
  for (size_t i = 0; i < items.size(); ++i) {
    const std::vector<float> alone = result.network->logits({&items[i], 1}, 0);
    for (size_t k = 0; k < 2; ++k) EXPECT_NEAR(alone[k], together[2 * i + k], 1e-4) << i;
  }
  error_text(ErrorKind::kData, [&] { result.network->logits(std::vector{bytes_view(corpus.item(0))}, 0); });
}

TEST(FieldsPlan, BatchesHaveAnEntryForEachFieldThatIsThere) {
  const Corpus corpus = many_fields(60);
  const auto setup = setup_fields(corpus, items_between(0, 60), {.seconds = 5, .flops_per_s = 1e10});
  const Batch batch = setup.feed->next();
  ASSERT_EQ(batch.fields.size(), 4u);
  for (size_t f = 0; f < 4; ++f) {
    std::vector<uint32_t> expected;
    for (const uint32_t item : batch.owners)
      if (!is_missing(unpack_fields(corpus.view(item), 4)[f])) expected.push_back(item);
    EXPECT_EQ(batch.fields[f].owners, expected) << f;
  }
  EXPECT_EQ(batch.fields[2].owners.size(), batch.owners.size());
  EXPECT_LT(batch.fields[0].owners.size(), batch.owners.size());
}

TEST(FieldsPlan, AFieldThatNoItemHasIsAnError) {
  const Corpus corpus = many_fields(60);
  const std::vector<uint32_t> without{4, 9, 14};
  const std::string said = error_text(ErrorKind::kData, [&] { setup_fields(corpus, without, {.seconds = 5}); });
  EXPECT_NE(said.find("field 'text'"), std::string::npos) << said;
}

}  // namespace
}  // namespace gulo
