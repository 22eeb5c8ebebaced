// What the deep part for samples (sound and other signals) is, in a plain struct that round-trips through JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "model/stage_spec.h"

namespace gulo {

// Quadrature stem -> stages of blocks -> masked pooling -> linear head.
struct SampleNetworkSpec {
  static constexpr int kMaxChannels = 256;

  int taps = 256;        // samples that a stem position sees
  int stride = 64;       // samples from one position to the next; at most taps
  int filters = 64;      // pairs of learned filters
  int channels = 1;      // the most that an item may have; others have zeros there
  bool missing = false;  // a further channel says what share of a time's values is missing (NaN)
  // What the stem sees of the absolute level: each item is brought to an RMS of 1, as loudness says little; or the
  // channels are brought to about 0 and 1 by constants that were set from the training items (stem.offset, stem.scale).
  bool item_level = true;
  bool linear = false;  // the stem gives the filters' outputs beside their energies
  int stem_width = 64;  // channels out of the stem
  std::vector<StageSpec> stages;
  int attention_heads = 4;     // pooling: mean, max, and so many attention averages
  int window_samples = 65536;  // longer items are cut into windows; their logits are pooled
  int n_labels = 0;

  int input_channels() const { return channels + (missing ? 1 : 0); }
};

nlohmann::json to_json(const SampleNetworkSpec& spec);
// Throws Error (kData) that names the field: absent, of the wrong type, out of range, or not of so many labels.
SampleNetworkSpec sample_network_from_json(const nlohmann::json& object, size_t n_labels);

}  // namespace gulo
