#include "model/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <set>

#include "base/error.h"
#include "model/json_fields.h"
#include "model/json_text.h"

namespace gulo {
namespace {

constexpr const char* kSpecKey = "gulo";
constexpr const char* kNotAModelHint = "give a model file that 'gulo train' wrote";

using Shape = std::vector<uint64_t>;

// The tensors of one file against what the spec says they are. Errors carry no path; the callers know it.
class TensorCheck {
 public:
  TensorCheck(const ModelSpec& spec, const TensorMap& tensors) : spec_(spec), tensors_(tensors) {}

  void run() {
    if (spec_.wide) check_wide();
    if (spec_.bank) check_bank();
    if (spec_.forest) check_forest();
    if (spec_.deep) check_deep();
    for (const auto& [name, tensor] : tensors_)
      require_valid(known_.contains(name), fmt::format("tensor '{}' is not one that the spec asks for", name));
  }

 private:
  const TensorView& take(const std::string& name, const char* dtype, const Shape& shape) {
    known_.insert(name);
    return require_tensor(tensors_, name, dtype, shape);
  }

  void check_wide() {
    const uint64_t n_labels = spec_.labels.size();
    const TensorView& present = take("wide.present", "U8", {(uint64_t{1} << spec_.wide->log2_rows) / 8});
    uint64_t n_rows = 0, word;
    for (size_t i = 0; i + sizeof word <= present.bytes.size(); i += sizeof word) {
      std::memcpy(&word, present.bytes.data() + i, sizeof word);
      n_rows += static_cast<uint64_t>(std::popcount(word));
    }
    take("wide.scale", "F32", {n_rows});
    take("wide.weight", "I8", {n_rows, n_labels});
    take("wide.bias", "F32", {n_labels});
  }

  void check_bank() {
    check_bank_tensors(*spec_.bank, spec_.labels.size(), tensors_);
    for (const BankTensorShape& tensor : bank_tensor_shapes(*spec_.bank, spec_.labels.size()))
      known_.insert(tensor.name);
  }

  void check_forest() {
    check_forest_tensors(*spec_.forest, spec_.labels.size(), tensors_);
    for (const auto& [name, tensor] : ForestTensors().tensors(1)) known_.insert(name);
  }

  // Names and shapes of the network's parameters are the network's own business; the engine checks them when it loads
  // them.
  void check_deep() {
    const size_t n_known = known_.size();
    for (const auto& [name, tensor] : tensors_) {
      if (!name.starts_with("deep.")) continue;
      require_valid(tensor.dtype == "F32" || tensor.dtype == "BF16",
                    fmt::format("tensor '{}' is {}, not F32 or BF16", name, tensor.dtype));
      known_.insert(name);
    }
    require_valid(known_.size() > n_known, "tensors 'deep.*' are absent");
  }

  const ModelSpec& spec_;
  const TensorMap& tensors_;
  std::set<std::string> known_;
};

// The kernels read the bitmap in words of 64 bits. Our own files are laid out so; another writer's might not be.
void check_words(const Model& model) {
  if (!model.spec.wide) return;
  const auto address = reinterpret_cast<uintptr_t>(model.tensors().at("wide.present").bytes.data());
  require(address % sizeof(uint64_t) == 0, ErrorKind::kData,
          "tensor 'wide.present' does not start at a multiple of 8 bytes",
          "write tensors in the order that docs/model-format.md asks for");
}

void check_finite(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (tensor.dtype != "F32") continue;
    const std::span<const float> values(tensor.as<float>(), tensor.n_elements());
    require(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }),
            ErrorKind::kData, fmt::format("tensor '{}' holds numbers that are not finite", name),
            "training went astray: train again with another --seed");
  }
}

template <class Body>
auto with_path(const std::string& path, const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(error.kind(), error.message(), error.hint(), path);
  }
}

const std::string& metadata_at(const SafetensorsFile& file, const char* key) {
  const auto found = file.metadata.find(key);
  require(found != file.metadata.end(), ErrorKind::kData,
          fmt::format("is not a gulo model: a safetensors file without metadata '{}'", key), kNotAModelHint);
  return found->second;
}

}  // namespace

Model load_model(const std::string& path) {
  return with_path(path, [&] {
    require(looks_like_safetensors(MappedFile(path).bytes()), ErrorKind::kData, "is not a gulo model", kNotAModelHint);
    Model model;
    model.file = read_safetensors(path);
    metadata_at(model.file, "xxh3");  // a gulo model without its checksum is a damaged one
    model.spec = model_spec_from_json(parse_json(metadata_at(model.file, kSpecKey), "metadata 'gulo'", path));
    TensorCheck(model.spec, model.tensors()).run();
    check_words(model);
    return model;
  });
}

void save_model(const std::string& path, const ModelSpec& spec, const TensorMap& tensors) {
  with_path(path, [&] {
    const nlohmann::json json = to_json(spec);
    model_spec_from_json(json);  // what could not be loaded again is not written
    TensorCheck(spec, tensors).run();
    check_finite(tensors);
    write_safetensors(path, tensors, {{kSpecKey, json_line(json)}});
  });
}

}  // namespace gulo
