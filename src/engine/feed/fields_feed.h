// Training batches of items of several fields: of each field its own feed makes the part.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/batch.h"
#include "engine/feed/epoch_batches.h"

namespace gulo {

// One field of all items, as a corpus of its own with the same item numbers; an item that has it not has no bytes and
// no place in `present`.
struct FieldCorpus {
  Corpus corpus;
  std::vector<uint32_t> present;  // of the training items
};

// Field `field` of a corpus of kind fields. Labels are the corpus' own but for their names, of which there are n_names:
// that is how many features a field's network shall give. Of a corpus in a file its share of the memory is that of one
// field among all.
FieldCorpus take_field(const Corpus& corpus, size_t field, const std::vector<uint32_t>& train, size_t n_names);

// Batch::fields have an entry for every item that has the field, in the order of Batch::owners.
class FieldsFeed : public Feed {
 public:
  // feeds[f] is of *corpora[f] and of any items. Items are visited in an order that suits the largest field's file.
  FieldsFeed(std::vector<std::shared_ptr<const FieldCorpus>> corpora, std::vector<std::unique_ptr<Feed>> feeds,
             std::vector<uint32_t> items, size_t batch_items, uint64_t seed);
  Batch next() override;
  Batch make(std::span<const uint32_t> items) override;
  void exchange(StateStream& stream) override;
  double epochs() const override { return batches_.epochs(); }

 private:
  std::vector<std::shared_ptr<const FieldCorpus>> corpora_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  EpochBatches batches_;
};

}  // namespace gulo
