#include "engine/train/item_parts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/all_items.h"
#include "data/temporary_tree.h"
#include "engine/train/deep_setup.h"
#include "engine/train/small_corpus.h"

namespace gulo {
namespace {

// Items of a file that are copied in two parts, and one that is too long for a part.
TEST(ItemParts, OfAFileHaveTheLogitsOfThoseInMemory) {
  Corpus corpus = small_corpus(40, 3, 8);
  corpus.arena.resize(corpus.n_bytes());
  for (const size_t n_bytes : {size_t{400'000}, size_t{200'000}, size_t{700'000}}) {
    corpus.arena.resize(corpus.arena.size() + n_bytes);
    std::fill(corpus.arena.end() - static_cast<std::ptrdiff_t>(n_bytes), corpus.arena.end(), uint8_t{101});
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(1);
  }
  corpus.arena.resize(corpus.n_bytes() + Corpus::kArenaPadding);
  const std::shared_ptr<DeepNetwork> network = setup_deep(corpus, items_between(0, 40), {.seconds = 0.01}).network;

  const std::vector<float> expected = logits_in_parts(*network, corpus, corpus.views(all_items(corpus)), 1);
  const TemporaryTree tree;
  corpus.arena.set_limits({.memory_bytes = 4096, .folder = tree.root()});
  corpus.arena.resize(corpus.arena.size());
  ASSERT_TRUE(corpus.arena.in_file());
  const std::vector<float> logits = logits_in_parts(*network, corpus, corpus.views(all_items(corpus)), 1);
  ASSERT_EQ(logits.size(), expected.size());
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-4) << i;
}

}  // namespace
}  // namespace gulo
