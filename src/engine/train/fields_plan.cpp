#include "engine/train/fields_plan.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/feed/fields_feed.h"
#include "engine/net/fields_network.h"

namespace gulo {
namespace {

constexpr size_t kLeastBatch = 16, kMostBatch = 128;
constexpr double kMaxFieldsEpochs = 100;
constexpr double kFieldsHeadDropout = 0.1;

std::string field_name(const FieldColumn& field) {
  return field.name.empty() ? "the cells" : "field '" + printable_utf8(field.name) + "'";
}

}  // namespace

DeepSetup setup_fields(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options) {
  DeepSetup setup;
  FieldsNetworkSpec spec;
  spec.n_labels = static_cast<int>(corpus.labels.size());
  SetupOptions share = options;
  share.seconds /= static_cast<double>(corpus.fields.size());
  share.as_field = true;
  std::vector<FieldsNetwork::Field> networks;
  std::vector<std::shared_ptr<const FieldCorpus>> corpora;
  std::vector<std::unique_ptr<Feed>> feeds;
  for (size_t f = 0; f < corpus.fields.size(); ++f) {
    const FieldColumn& field = corpus.fields[f];
    const auto part =
        std::make_shared<const FieldCorpus>(take_field(corpus, f, train, static_cast<size_t>(spec.field_width)));
    require(!part->present.empty(), ErrorKind::kData, "no item to train on has " + field_name(field),
            "leave that column out, or give items that have it");
    DeepSetup own = setup_deep(part->corpus, part->present, share);
    networks.push_back({field.kind, std::move(own.network), own.optimiser.muon_rate / setup.optimiser.muon_rate,
                        own.optimiser.adam_rate / setup.optimiser.adam_rate});
    feeds.push_back(std::move(own.feed));
    corpora.push_back(part);
    for (const std::string& way : own.augmentation) setup.augmentation.push_back(field_name(field) + ": " + way);
  }
  setup.network = std::make_shared<FieldsNetwork>(spec, std::move(networks), options.seed);
  const size_t batch_items = std::clamp(train.size() / 16, kLeastBatch, kMostBatch);
  setup.feed = std::make_unique<FieldsFeed>(std::move(corpora), std::move(feeds), train, batch_items, options.seed);
  setup.head_dropout = kFieldsHeadDropout;
  setup.label_smoothing = 0.05;
  setup.max_epochs = kMaxFieldsEpochs;
  return setup;
}

}  // namespace gulo
