#include "data/table/parquet_file.h"

#include <fmt/core.h>

#include <memory>

#include "base/error.h"
#include "base/plugin.h"
#include "data/table/csv_dialect.h"
#include "data/table/parquet/parquet_plugin.h"
#include "data/table/row_table.h"

namespace gulo {
namespace {

OpenParquet* load_plugin() {
  return reinterpret_cast<OpenParquet*>(
      plugin_symbol(kParquetPlugin, kOpenParquet, "this gulo was built without Parquet",
                    "install the pyarrow wheel (`make setup`) and build again, or give the table as .csv or .jsonl"));
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
