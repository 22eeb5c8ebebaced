#include "data/table/parquet_file.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <unistd.h>

#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "data/table/csv_dialect.h"
#include "data/table/parquet/parquet_plugin.h"
#include "data/table/row_table.h"

namespace gulo {
namespace {

// Loaded once and never given back: Arrow has threads of its own.
OpenParquet* load_plugin() {
  const std::string plugin = program_folder() + "/" + kParquetPlugin;
  require(access(plugin.c_str(), F_OK) == 0, ErrorKind::kDevice, "this gulo was built without Parquet",
          "install the pyarrow wheel (`make setup`) and build again, or give the table as .csv or .jsonl", plugin);
  void* library = dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* reason = library ? "" : dlerror();
  require(library, ErrorKind::kDevice, fmt::format("cannot be loaded: {}", reason ? reason : "no reason is given"),
          "build again with the pyarrow wheel that is there now", plugin);
  void* symbol = dlsym(library, kOpenParquet);
  require(symbol, ErrorKind::kDevice, "is of another version", "build it again", plugin);
  return reinterpret_cast<OpenParquet*>(symbol);
}

// The plugin's rows, with names that are all different and with gulo's errors.
class ParquetRows : public RowSource {
 public:
  ParquetRows(const std::string& path, const TableOptions& options) {
    static OpenParquet* const open = load_plugin();
    std::string error;
    rows_.reset(open(path.c_str(), error));
    require(rows_ != nullptr, ErrorKind::kData, "cannot be read as Parquet: " + error, "", path);
    names_ = column_names({rows_->names(), 1}, true);
    require(!options.labelled || names_.size() >= 2, ErrorKind::kData,
            "its rows have one cell each, and an item and its label are needed", "", path);
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool named() const override { return true; }
  bool is_text(size_t column) const override { return rows_->is_text(column); }

  bool next(TableRow& row) override {
    try {
      return rows_->next(row);
    } catch (const std::exception& error) {
      throw Error(ErrorKind::kData,
                  fmt::format("cannot be read as Parquet behind row {}: {}", row.number, error.what()));
    }
  }

 private:
  std::unique_ptr<RowSource> rows_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<RowSource> parquet_rows(const std::string& path, const TableOptions& options) {
  return std::make_unique<ParquetRows>(path, options);
}

Corpus read_parquet(const std::string& path, const TableOptions& options) {
  ParquetRows rows(path, options);
  return read_rows(rows, path, options);
}

}  // namespace gulo
