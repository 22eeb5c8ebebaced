#include "engine/train/self_training.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/interrupt.h"
#include "base/progress.h"
#include "base/units.h"

namespace gulo {
namespace {

constexpr size_t kItemsAtATime = 512;

}  // namespace

size_t add_sure_items(const Predictor& predictor, Corpus unlabelled, int n_threads, Corpus& corpus,
                      std::vector<uint32_t>& train) {
  const size_t n_items = unlabelled.n_items(), n_labels = corpus.labels.size(), n_before = train.size();
  const auto first = static_cast<uint32_t>(corpus.n_items());
  Progress progress("answering");
  for (size_t begin = 0; begin < n_items && !interrupted(); begin += kItemsAtATime) {
    const size_t end = std::min(begin + kItemsAtATime, n_items);
    std::vector<ItemView> views;
    for (size_t i = begin; i < end; ++i) views.push_back(unlabelled.view(i));
    const std::vector<float> logits = predictor.logits_of_all(views, n_threads);
    for (size_t i = begin; i < end; ++i) {
      const std::vector<float> answer = softmax(std::span(logits).subspan((i - begin) * n_labels, n_labels));
      const auto best = std::ranges::max_element(answer);
      unlabelled.item_labels[i] = static_cast<int>(best - answer.begin());
      if (*best >= kSureProbability) train.push_back(first + static_cast<uint32_t>(i));
    }
    progress.update(static_cast<double>(end) / static_cast<double>(n_items), "for items without labels");
  }
  const size_t n_sure = train.size() - n_before;
  progress.finish(fmt::format("{} of {} items without labels join, answered with {} and more", format_count(n_sure),
                              format_count(n_items), kSureProbability));
  unlabelled.labels = corpus.labels;
  append_corpus(corpus, unlabelled, "");
  return n_sure;
}

}  // namespace gulo
