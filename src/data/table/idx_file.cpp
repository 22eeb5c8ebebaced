#include "data/table/idx_file.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <limits>
#include <vector>

#include "base/error.h"
#include "data/table/corpus_builder.h"

namespace gulo {
namespace {

struct IdxArray {
  std::vector<uint32_t> shape;
  std::span<const uint8_t> values;
};

IdxArray parse_idx(std::span<const uint8_t> file, const std::string& path) {
  const auto check = [&](bool good, const std::string& why) { require(good, ErrorKind::kData, why, "", path); };
  check(is_idx(file), "is no IDX file of unsigned bytes");
  const size_t n_axes = file[3], head_bytes = 4 + 4 * n_axes;
  check(file.size() >= head_bytes, "is cut short");
  IdxArray array;
  uint64_t n_values = 1;
  for (size_t axis = 0; axis < n_axes; ++axis) {
    const uint8_t* const at = &file[4 + 4 * axis];
    const uint32_t size = uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
    check(size == 0 || n_values <= std::numeric_limits<uint64_t>::max() / size, "claims more values than there can be");
    n_values *= size;
    array.shape.push_back(size);
  }
  check(n_values > 0, "is empty");
  array.values = file.subspan(head_bytes);
  check(array.values.size() == n_values,
        fmt::format("claims {} values ({}) and has {}", n_values, fmt::join(array.shape, " x "), array.values.size()));
  return array;
}

bool replace(std::string& text, const std::string& what, const std::string& by) {
  const size_t at = text.rfind(what);
  if (at == std::string::npos) return false;
  text.replace(at, what.size(), by);
  return true;
}

}  // namespace

bool is_idx(std::span<const uint8_t> head) {
  return head.size() >= 4 && head[0] == 0 && head[1] == 0 && head[2] == 8 && head[3] >= 1 && head[3] <= 4;
}

Corpus read_idx(std::span<const uint8_t> pictures, std::span<const uint8_t> labels, const std::string& path,
                const TableOptions& options) {
  CorpusBuilder builder(path, Kind::kPixels, options);
  const IdxArray array = parse_idx(pictures, path);
  const uint32_t n_channels = array.shape.size() == 4 ? array.shape[3] : 1;
  if (array.shape.size() < 3 || n_channels > 4)
    builder.fail(fmt::format("holds no pictures: its values are {}", fmt::join(array.shape, " x ")),
                 "give the file of the pictures (images-idx3-ubyte); the labels' is found beside it");
  const IdxArray label_array = options.labelled ? parse_idx(labels, path + " (its labels)") : IdxArray();
  if (options.labelled && (label_array.shape.size() != 1 || label_array.shape[0] != array.shape[0]))
    builder.fail(
        fmt::format("has {} pictures, and its labels are {}", array.shape[0], fmt::join(label_array.shape, " x ")));
  const ItemShape shape{.type = ValueType::kUint8, .extents = {array.shape[1], array.shape[2], n_channels}};
  builder.declare(Task::kLabel);
  for (uint64_t i = 0; i < array.shape[0]; ++i)
    builder.add(i + 1, options.labelled ? std::to_string(label_array.values[i]) : "", shape,
                array.values.subspan(i * shape.n_bytes(), shape.n_bytes()));
  return builder.finish();
}

std::string idx_labels_path(const std::string& pictures_path) {
  const std::filesystem::path path(pictures_path);
  std::string name = path.filename().string();
  require(replace(name, "images", "labels"), ErrorKind::kData, "its labels cannot be found by its name",
          "call it ...images-idx3-ubyte and its labels ...labels-idx1-ubyte", pictures_path);
  replace(name, "idx3", "idx1") || replace(name, "idx4", "idx1");
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  std::error_code ignored;
  for (const char* ending : {"", ".gz"})
    if (const auto labels = path.parent_path() / (name + ending); std::filesystem::is_regular_file(labels, ignored))
      return labels.string();
  throw Error(ErrorKind::kData, fmt::format("its labels, {} or {}.gz, do not lie beside it", name, name), "",
              pictures_path);
}

}  // namespace gulo
