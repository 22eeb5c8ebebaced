#include "compare/item_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "data/cells.h"

namespace gulo {
namespace {

class OutputFile {
 public:
  explicit OutputFile(std::string path) : path_(std::move(path)), file_(path_, std::ios::binary) { check(); }
  void write(std::string_view text) { file_.write(text.data(), static_cast<std::streamsize>(text.size())); }
  void write(std::span<const uint8_t> bytes) { write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }
  void close() {
    file_.close();
    check();
  }

 private:
  void check() const {
    require(file_.good(), ErrorKind::kDevice, std::string("cannot be written: ") + std::strerror(errno),
            "TMPDIR names a folder with more space", path_);
  }
  std::string path_;
  std::ofstream file_;
};

std::string pnm_head(const ItemShape& shape) {
  const auto [height, width, channels] = shape.extents;
  require(shape.type == ValueType::kUint8 && (channels == 1 || channels == 3), ErrorKind::kData,
          fmt::format("pictures of {} channels cannot be given to the rivals", channels), "grey or RGB pictures can");
  return fmt::format("P{}\n{} {}\n255\n", channels == 1 ? 5 : 6, width, height);
}

const std::string& label_of(const ItemSelection& selection, uint32_t item) {
  return selection.label_names[static_cast<size_t>(selection.corpus.item_labels[item])];
}

// Quoted where it must be, and where an empty row would be passed over.
std::string csv_cell(std::string_view text, bool alone) {
  if (text.find_first_of(",\"\r\n\t;|") == std::string_view::npos && !(alone && text.empty())) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

// One dimension behind the other: T,T,T:T,T,T
std::string ts_series(const ItemView& view) {
  std::vector<float> values(view.shape.n_values());
  values_as_float(view, values);
  const size_t n_channels = view.shape.extents[1];
  std::string line;
  for (size_t c = 0; c < n_channels; ++c) {
    if (c > 0) line += ':';
    for (size_t at = c; at < values.size(); at += n_channels) {
      if (at >= n_channels) line += ',';
      line += values[at] == values[at] ? fmt::format("{}", values[at]) : "?";
    }
  }
  return line;
}

}  // namespace

void write_item_files(const ItemSelection& selection, const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (const std::string& label : selection.label_names)
    std::filesystem::create_directories(std::filesystem::path(folder) / label);
  const bool rows_of_a_file = !selection.corpus.shapes.empty();
  for (size_t i = 0; i < selection.items.size(); ++i) {
    const uint32_t item = selection.items[i];
    const std::string below = selection.label_names.empty() ? "" : label_of(selection, item) + "/";
    OutputFile file(fmt::format("{}/{}{:07}", folder, below, i));
    if (rows_of_a_file) file.write(pnm_head(selection.corpus.shapes[item]));
    file.write(selection.corpus.item(item));
    file.close();
  }
}

void write_csv(const ItemSelection& selection, std::span<const std::string> columns, const std::string& label_column,
               const std::string& path) {
  const bool labelled = !selection.label_names.empty();
  const bool alone = columns.size() == 1 && !labelled;
  std::vector<std::string> cells;
  OutputFile file(path);
  const auto write_row = [&] { file.write(fmt::format("{}\n", fmt::join(cells, ","))); };
  for (const std::string& column : columns) cells.push_back(csv_cell(column, alone));
  if (labelled) cells.push_back(label_column);
  write_row();
  for (const uint32_t item : selection.items) {
    cells.clear();
    const CellsView row(selection.corpus.item(item), columns.size());
    for (size_t i = 0; i < row.size(); ++i) cells.push_back(csv_cell(row.text(i), alone));
    if (labelled) cells.push_back(csv_cell(label_of(selection, item), false));
    write_row();
  }
  file.close();
}

void write_ts(const ItemSelection& selection, const std::string& path) {
  OutputFile file(path);
  const bool labelled = !selection.label_names.empty();
  file.write("@problemName compared\n@timeStamps false\n@equalLength false\n");
  file.write(labelled ? fmt::format("@classLabel true {}\n", fmt::join(selection.label_names, " "))
                      : "@classLabel false\n");
  file.write("@data\n");
  for (const uint32_t item : selection.items) {
    file.write(ts_series(selection.corpus.view(item)));
    file.write(labelled ? ":" + label_of(selection, item) + "\n" : "\n");
  }
  file.close();
}

}  // namespace gulo
