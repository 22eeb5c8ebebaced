// The whole job on data that the test makes.
#include "engine/train/trainer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/expect_error.h"
#include "data/temporary_tree.h"
#include "engine/cli/engine_commands.h"
#include "engine/train/checkpoint.h"
#include "engine/train/engine_predictor.h"
#include "engine/train/small_corpus.h"
#include "kernel/cuda_device.h"
#include "model/model_file.h"

namespace gulo {
namespace {

void write_items(TemporaryTree& tree, const std::string& folder, size_t n_items, uint64_t seed) {
  const Corpus corpus = small_corpus(n_items, 3, seed);
  for (size_t i = 0; i < n_items; ++i) {
    const auto bytes = corpus.item(i);
    tree.file(folder + corpus.labels[static_cast<size_t>(corpus.item_labels[i])] + "/" + corpus.names[i],
              std::string(bytes.begin(), bytes.end()));
  }
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Trainer, TrainsBothPartsAndTheSameBitsComeOut) {
  TemporaryTree tree;
  write_items(tree, "data/", 240, 1);
  const auto train = [&](const std::string& model) {
    return train_recogniser({.data = tree.path("data"), .model_path = tree.path(model), .steps = 6, .n_threads = 2});
  };
  const auto record = train("a.gulo");
  for (const char* key :
       {"n_items", "n_labels", "kind", "device", "budget_s", "wall_s", "steps", "epochs", "parameters", "valid_error",
        "model_flops", "gemm_peak_flops_per_s", "flop_utilisation", "feed_overhead", "model"})
    EXPECT_TRUE(record.contains(key)) << key;
  EXPECT_EQ(record["steps"], 6);
  EXPECT_EQ(record["n_items"], 240);
  EXPECT_LT(record["valid_error"].get<double>(), 0.3);
  train("b.gulo");
  const Model a = load_model(tree.path("a.gulo")), b = load_model(tree.path("b.gulo"));
  ASSERT_EQ(a.tensors().size(), b.tensors().size());
  for (const auto& [name, tensor] : a.tensors())
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, b.tensors().at(name).bytes)) << name;
}

TEST(Trainer, DeepAloneSavesAndPredictsTheSame) {
  TemporaryTree tree;
  write_items(tree, "data/", 120, 2);
  train_recogniser({.data = tree.path("data"), .model_path = tree.path("m.gulo"), .steps = 4, .parts = "deep"});
  const Model model = load_model(tree.path("m.gulo"));
  ASSERT_TRUE(model.spec.deep);
  EXPECT_FALSE(model.spec.wide);
  const auto predictor = make_engine_predictor(model, 2);
  const Corpus items = small_corpus(20, 3, 9);
  std::vector<ItemView> spans;
  for (size_t i = 0; i < items.n_items(); ++i) spans.push_back(items.view(i));
  const auto all = predictor->logits_of_all(spans, 2);
  for (size_t i = 0; i < spans.size(); ++i) {
    const auto alone = predictor->logits(spans[i], 0);
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(alone[k], all[i * 3 + k], 2e-2) << "a prediction depends on its batch";
  }
}

TEST(Trainer, KeepsToAShortBudget) {
  TemporaryTree tree;
  write_items(tree, "data/", 120, 3);
  const auto begin = std::chrono::steady_clock::now();
  // The budget counts from the start of the process, which other tests may have used up: then a tenth of it is left.
  train_recogniser({.data = tree.path("data"), .model_path = tree.path("m.gulo"), .budget_s = 5, .n_threads = 2});
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 7);
}

TEST(Trainer, GoesOnWhereItBegan) {
  TemporaryTree tree;
  write_items(tree, "data/", 12, 3);
  TrainOptions options{.data = tree.path("data"), .model_path = tree.path("m.gulo"), .steps = 9, .n_threads = 2};
  options.resume = true;
  const auto refusal = [&](ErrorKind kind, const char* device, const nlohmann::json& running_facts) {
    TrainingState state, running;
    state.facts = {{"options", training_identity(options)}};
    running.facts = running_facts;
    state.put("running", running);
    write_checkpoint(checkpoint_path(options.model_path), state);
    options.device = device;
    return error_text(kind, [&] { train_recogniser(options); });
  };
  expect_contains(refusal(ErrorKind::kUsage, "cpu", {{"on_device", true}}), "began on a CUDA device");
  expect_contains(refusal(ErrorKind::kUsage, "cuda", {{"steps", 5}}), "began on the CPU");
  if (cuda_devices().empty())
    expect_contains(refusal(ErrorKind::kDevice, "auto", {{"on_device", true}}), "there is none for it here: ");
}

TEST(Trainer, BadDataLosesNothing) {
  TemporaryTree tree;
  tree.file("one/label/only", "x");
  tree.file("m.gulo", "what was there before");
  error_text(ErrorKind::kData,
             [&] { train_recogniser({.data = tree.path("one"), .model_path = tree.path("m.gulo"), .steps = 1}); });
  EXPECT_EQ(file_bytes(tree.path("m.gulo")), "what was there before");
}

TEST(Trainer, AnExternalValidationPartIsUsed) {
  TemporaryTree tree;
  write_items(tree, "data/", 120, 4);
  write_items(tree, "valid/", 30, 5);
  const auto record = train_recogniser(
      {.data = tree.path("data"), .model_path = tree.path("m.gulo"), .valid_data = tree.path("valid"), .steps = 2});
  EXPECT_EQ(record["n_train"], 120);
  EXPECT_EQ(record["n_valid"], 30);
  EXPECT_EQ(record["wide"]["refitted"], false);
}

}  // namespace
}  // namespace gulo
