// What a recogniser is, in plain structs that round-trip through JSON and fully rebuild it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/fields.h"
#include "data/reader/reader.h"
#include "data/task.h"
#include "model/cell_network_spec.h"
#include "model/convolution_bank_spec.h"
#include "model/fields_network_spec.h"
#include "model/forest_spec.h"
#include "model/pixel_network_spec.h"
#include "model/sample_network_spec.h"
#include "model/stage_spec.h"

namespace gulo {

// wide: one sparse layer over hashed byte n-grams (kernel/ngram_bag.h).
struct WideSpec {
  int log2_rows = 20;                      // table rows before pruning, 2^log2_rows
  std::vector<int> orders = {1, 2, 3, 4};  // n-gram lengths in bytes, each 1..8
  int head_bytes = 64;                     // (position, 1/2/4 bytes) features for the first so many bytes; 0: none
  int window_bytes = 65536;                // longer items are cut into windows; their logits are pooled
  std::vector<int> pair_gaps = {2, 3, 4};  // byte pairs at these distances, each 2..15
};

// deep: byte stem -> stages of blocks -> masked pooling -> linear head.
struct ByteNetworkSpec {
  int taps = 8;          // bytes a stem position sees; stride == taps
  int stem_width = 128;  // channels out of the stem
  std::vector<StageSpec> stages;
  int attention_heads = 4;  // pooling: mean, max, and so many attention averages
  int window_bytes = 4096;  // longer items are cut into windows; their logits are pooled
  int n_labels = 0;
};

// The network of a recogniser's kind.
using DeepSpec = std::variant<ByteNetworkSpec, SampleNetworkSpec, PixelNetworkSpec, CellNetworkSpec, FieldsNetworkSpec>;

// A field's network, of any kind but fields.
struct FieldSpec {
  Kind kind = Kind::kCells;
  DeepSpec network;
};

// logits = wide_scale * wide + deep_scale * deep + label_offsets, the scales fitted on the validation part (temperature
// included). What logits are
// says the task: of one label softmax makes probabilities of them, of several a sigmoid of each; a number has one, in
// its NumberUnit.
struct Calibration {
  double wide_scale = 1;
  double deep_scale = 0;
  std::vector<double> label_offsets = {};  // one a label; empty: none
};

struct ModelSpec {
  static constexpr int kFormatVersion = 1;
  static constexpr int kMaxLabels = 65535;
  Kind kind = Kind::kBytes;
  Task task = Task::kLabel;         // "task" in the file where it is another
  NumberUnit number_unit;           // of numbers; "number": {"offset", "scale"} in the file
  std::vector<std::string> labels;  // one a logit; of numbers "number" alone
  // Of cells: their names, the label's left out; of bytes: the one column of a table whose cells are the items.
  std::vector<std::string> columns;
  std::optional<WideSpec> wide;             // of kind bytes
  std::optional<ConvolutionBankSpec> bank;  // the wide part of kind samples; "wide": {"bank": ...} in the file
  std::optional<ForestSpec> forest;         // the wide part of kind cells; "wide": {"forest": ...} in the file
  std::optional<DeepSpec> deep;
  Calibration calibration;
  // The training record: what `train --json` prints, the curve, the machine.
  nlohmann::json training = nlohmann::json::object();
  std::vector<FieldColumn> fields;  // of fields: their names and kinds

  bool has_wide() const { return wide || bank || forest; }
};

// Labels that are no valid UTF-8 are written with their bad bytes spelt out (base/utf8.h).
// from_json throws Error (kData) that names the field: absent, of the wrong type, out of range, newer format version.
nlohmann::json to_json(const ModelSpec& spec);
nlohmann::json to_json(const DeepSpec& spec);
ModelSpec model_spec_from_json(const nlohmann::json& json);

}  // namespace gulo
