#include "engine/train/self_training.h"

#include <gtest/gtest.h>

#include "engine/train/small_corpus.h"

namespace gulo {
namespace {

// Items of an even length are of label 1 for sure; of the others it knows nothing.
class EvenLengths : public Predictor {
 public:
  std::vector<float> logits(const ItemView& item, int) const override {
    return item.bytes.size() % 2 == 0 ? std::vector<float>{0, 9, 0} : std::vector<float>{0, 0, 0};
  }
};

TEST(AddSureItems, SureOnesJoinWithTheAnswerAsTheirLabel) {
  Corpus corpus = small_corpus(30, 3, 1);
  const Corpus unlabelled = small_corpus(700, 3, 2);
  std::vector<uint32_t> train{4, 5};
  const size_t n_sure = add_sure_items(EvenLengths(), unlabelled, 2, corpus, train);
  EXPECT_EQ(train.size(), n_sure + 2);
  EXPECT_EQ(corpus.n_items(), 730u);
  size_t n_even = 0;
  for (size_t i = 0; i < unlabelled.n_items(); ++i) n_even += unlabelled.item(i).size() % 2 == 0;
  EXPECT_EQ(n_sure, n_even);
  for (size_t i = 2; i < train.size(); ++i) {
    EXPECT_EQ(corpus.item(train[i]).size() % 2, 0u);
    EXPECT_EQ(corpus.item_labels[train[i]], 1);
  }
  EXPECT_EQ(corpus.labels.size(), 3u);
}

}  // namespace
}  // namespace gulo
