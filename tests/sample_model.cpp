// Writes a recogniser whose answers are known without training, for tests of the programs: letters or digits, by the
// single bytes that an item holds. `gulo_sample_model OUT wide|deep`; the deep one only pretends to need the engine.
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "kernel/ngram_bag.h"
#include "model/model_file.h"
#include "run/wide_scorer.h"

namespace {

using namespace gulo;

std::span<const uint8_t> bytes_of(const auto& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(values[0])};
}

std::vector<uint32_t> rows_of(const NgramBagShape& shape, std::string text) {
  const size_t n_bytes = text.size();
  text.resize(n_bytes + 64);
  std::vector<uint64_t> seen(shape.bitmap_words());
  std::vector<uint32_t> rows(shape.max_ids(n_bytes));
  const auto* x = reinterpret_cast<const uint8_t*>(text.data());
  rows.resize(ngram_bag_extract_reference(shape, x, n_bytes, /*head=*/true, seen.data(), rows.data()));
  return rows;
}

void write_sample_model(const std::string& path, bool deep) {
  ModelSpec spec;
  spec.labels = {"letters", "digits"};
  spec.wide = WideSpec{.log2_rows = 16, .orders = {1}, .head_bytes = 0, .window_bytes = 65536, .pair_gaps = {}};
  spec.training = {{"n_items", 2}, {"valid_error", 0.25}, {"device", "cpu"}};
  const NgramBagShape shape = ngram_bag_shape(*spec.wide);

  // Rows of letters speak for label 0, those of digits for label 1; what both share (an item's length) for neither.
  std::vector<int> vote(shape.n_rows());
  std::vector<uint8_t> present(shape.n_rows() / 8);
  for (const uint32_t row : rows_of(shape, "abcdefghijklmnopqrstuvwxyz")) vote[row] += 1;
  for (const uint32_t row : rows_of(shape, "0123456789")) vote[row] -= 1;
  std::vector<int8_t> weight;
  for (size_t row = 0; row < vote.size(); ++row) {
    if (vote[row] == 0) continue;
    present[row / 8] = static_cast<uint8_t>(present[row / 8] | 1 << row % 8);
    weight.insert(weight.end(), {static_cast<int8_t>(100 * vote[row]), static_cast<int8_t>(-100 * vote[row])});
  }
  const std::vector<float> scale(weight.size() / 2, 0.05f);
  const std::array<float, 2> bias{};
  TensorMap tensors{{"wide.present", {"U8", {present.size()}, bytes_of(present)}},
                    {"wide.scale", {"F32", {scale.size()}, bytes_of(scale)}},
                    {"wide.weight", {"I8", {scale.size(), 2}, bytes_of(weight)}},
                    {"wide.bias", {"F32", {2}, bytes_of(bias)}}};
  if (deep) {
    spec.deep = ByteNetworkSpec{.stages = {StageSpec{}}, .n_labels = 2};
    spec.calibration.deep_scale = 1;
    tensors["deep.sample"] = {"F32", {2}, bytes_of(bias)};
  }
  save_model(path, spec, tensors);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  write_sample_model(argv[1], std::strcmp(argv[2], "deep") == 0);
  return 0;
}
