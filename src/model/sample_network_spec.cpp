#include "model/sample_network_spec.h"

#include <fmt/core.h>

#include "model/json_fields.h"
#include "model/spec.h"

namespace gulo {

using nlohmann::json;

json to_json(const SampleNetworkSpec& spec) {
  return {{"taps", spec.taps},
          {"stride", spec.stride},
          {"filters", spec.filters},
          {"channels", spec.channels},
          {"missing", spec.missing},
          {"item_level", spec.item_level},
          {"linear", spec.linear},
          {"stem_width", spec.stem_width},
          {"stages", stages_to_json(spec.stages)},
          {"attention_heads", spec.attention_heads},
          {"window_samples", spec.window_samples},
          {"n_labels", spec.n_labels}};
}

SampleNetworkSpec sample_network_from_json(const json& object, size_t n_labels) {
  constexpr int kMaxTaps = 65536, kMaxFilters = 4096, kMaxWindowSamples = 1 << 28, kMaxStemWeights = 1 << 26;
  const Fields fields(object, "spec.deep");
  SampleNetworkSpec spec;
  spec.taps = fields.integer("taps", 1, kMaxTaps);
  spec.stride = fields.integer("stride", 1, spec.taps);
  spec.filters = fields.integer("filters", 8, kMaxFilters);
  require_valid(spec.filters % 8 == 0, fmt::format("spec.deep.filters is {}, not a multiple of 8", spec.filters));
  spec.channels = fields.integer("channels", 1, SampleNetworkSpec::kMaxChannels);
  const int64_t stem_weights = int64_t{spec.taps} * spec.channels * spec.filters;
  require_valid(
      stem_weights <= kMaxStemWeights,
      fmt::format("spec.deep.taps, channels and filters make {} weights, more than {}", stem_weights, kMaxStemWeights));
  spec.missing = fields.boolean("missing");
  spec.item_level = fields.boolean("item_level");
  spec.linear = fields.boolean("linear");
  spec.stem_width = fields.width("stem_width");
  spec.stages = stages_from_json(fields);
  spec.attention_heads = fields.integer("attention_heads", 0, 64);
  spec.window_samples = fields.integer("window_samples", spec.taps, kMaxWindowSamples);
  spec.n_labels = fields.integer("n_labels", 1, ModelSpec::kMaxLabels);
  require_valid(static_cast<size_t>(spec.n_labels) == n_labels,
                fmt::format("spec.deep.n_labels is {}, but there are {} labels", spec.n_labels, n_labels));
  return spec;
}

}  // namespace gulo
