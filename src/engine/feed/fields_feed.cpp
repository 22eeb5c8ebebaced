#include "engine/feed/fields_feed.h"

#include <algorithm>
#include <utility>

namespace gulo {
namespace {

const Corpus& largest(const std::vector<std::shared_ptr<const FieldCorpus>>& corpora) {
  const auto n_bytes = [](const std::shared_ptr<const FieldCorpus>& part) { return part->corpus.n_bytes(); };
  return (*std::ranges::max_element(corpora, {}, n_bytes))->corpus;
}

}  // namespace

FieldCorpus take_field(const Corpus& corpus, size_t field, const std::vector<uint32_t>& train, size_t n_names) {
  FieldCorpus part;
  Corpus& to = part.corpus;
  to.kind = corpus.fields[field].kind;
  to.item_labels = corpus.item_labels;
  to.labels.resize(n_names);
  if (to.kind == Kind::kCells) to.columns = corpus.columns;
  if (corpus.arena.in_file())
    to.arena.set_limits({corpus.arena.limits().memory_bytes / corpus.fields.size(), corpus.arena.limits().folder});
  for (size_t i = 0; i < corpus.n_items(); ++i) {
    const ItemView view = unpack_fields(corpus.view(i), corpus.fields.size())[field];
    to.arena.insert(to.arena.end(), view.bytes.begin(), view.bytes.end());
    to.offsets.push_back(to.arena.size());
    if (to.kind != Kind::kBytes) to.shapes.push_back(view.shape);
  }
  to.arena.resize(to.arena.size() + Corpus::kArenaPadding);
  for (const uint32_t item : train)
    if (!to.item(item).empty()) part.present.push_back(item);
  return part;
}

FieldsFeed::FieldsFeed(std::vector<std::shared_ptr<const FieldCorpus>> corpora,
                       std::vector<std::unique_ptr<Feed>> feeds, std::vector<uint32_t> items, size_t batch_items,
                       uint64_t seed)
    : corpora_(std::move(corpora)),
      feeds_(std::move(feeds)),
      batches_(largest(corpora_), std::move(items), batch_items, seed) {}

Batch FieldsFeed::next() { return make(batches_.next()); }

void FieldsFeed::exchange(StateStream& stream) {
  batches_.exchange(stream);
  for (const std::unique_ptr<Feed>& feed : feeds_) feed->exchange(stream);
}

Batch FieldsFeed::make(std::span<const uint32_t> items) {
  Batch batch;
  batch.owners.assign(items.begin(), items.end());
  for (size_t f = 0; f < feeds_.size(); ++f) {
    std::vector<uint32_t> present;
    for (const uint32_t item : items)
      if (!corpora_[f]->corpus.item(item).empty()) present.push_back(item);
    batch.fields.push_back(present.empty() ? Batch() : feeds_[f]->make(present));
    batch.n_item_bytes += batch.fields.back().n_item_bytes;
    batch.n_item_rows += batch.fields.back().n_item_rows;
  }
  return batch;
}

}  // namespace gulo
