// The plugin: a Parquet file's rows as text, through Arrow. Nothing else in gulo includes Arrow's headers.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "data/table/parquet/parquet_plugin.h"

namespace gulo {
namespace {

constexpr int64_t kBatchRows = 1024;

template <class T>
T value_or_throw(arrow::Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().message());
  return std::move(result).ValueUnsafe();
}

template <class ArrowArray>
auto value_of(const arrow::Array& array, int64_t i) {
  return static_cast<const ArrowArray&>(array).Value(i);
}

template <class ArrowArray>
std::string characters(const arrow::Array& array, int64_t i) {
  return std::string(static_cast<const ArrowArray&>(array).GetView(i));
}

// The fewest digits that mean this number and no other of its type.
template <class ArrowArray>
std::string shortest(const arrow::Array& array, int64_t i) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value_of<ArrowArray>(array, i));
  return {text.data(), end.ptr};
}

template <class ArrowArray>
std::string whole(const arrow::Array& array, int64_t i) {
  return std::to_string(value_of<ArrowArray>(array, i));
}

std::string cell_text(const arrow::Array& array, int64_t i);

bool is_plain(arrow::Type::type type) {
  return arrow::is_integer(type) || arrow::is_floating(type) || type == arrow::Type::BOOL;
}

bool is_characters(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY)
    return is_characters(*static_cast<const arrow::DictionaryType&>(type).value_type());
  return arrow::is_base_binary_like(type.id()) || arrow::is_binary_view_like(type.id());
}

std::string json_text(const arrow::Array& array, int64_t i) {
  if (array.IsNull(i)) return "null";
  std::string text = cell_text(array, i);
  if (is_plain(array.type_id()) || arrow::is_nested(array.type_id())) return text;
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class ArrowArray>
std::string list_text(const arrow::Array& array, int64_t i) {
  const auto& list = static_cast<const ArrowArray&>(array);
  std::string text = "[";
  for (int64_t k = list.value_offset(i); k < list.value_offset(i) + list.value_length(i); ++k) {
    if (text.size() > 1) text += ",";
    text += json_text(*list.values(), k);
  }
  return text + "]";
}

std::string struct_text(const arrow::Array& array, int64_t i) {
  const auto& fields = static_cast<const arrow::StructArray&>(array);
  std::string text = "{";
  for (int k = 0; k < fields.num_fields(); ++k) {
    if (k > 0) text += ",";
    text += nlohmann::json(fields.struct_type()->field(k)->name()).dump() + ":";
    text += json_text(*fields.field(k), i);
  }
  return text + "}";
}

// Of a cell that is not null.
std::string cell_text(const arrow::Array& array, int64_t i) {
  using arrow::Type;
  switch (array.type_id()) {
    case Type::BOOL:
      return value_of<arrow::BooleanArray>(array, i) ? "true" : "false";
    case Type::INT8:
      return whole<arrow::Int8Array>(array, i);
    case Type::INT16:
      return whole<arrow::Int16Array>(array, i);
    case Type::INT32:
      return whole<arrow::Int32Array>(array, i);
    case Type::INT64:
      return whole<arrow::Int64Array>(array, i);
    case Type::UINT8:
      return whole<arrow::UInt8Array>(array, i);
    case Type::UINT16:
      return whole<arrow::UInt16Array>(array, i);
    case Type::UINT32:
      return whole<arrow::UInt32Array>(array, i);
    case Type::UINT64:
      return whole<arrow::UInt64Array>(array, i);
    case Type::FLOAT:
      return shortest<arrow::FloatArray>(array, i);
    case Type::DOUBLE:
      return shortest<arrow::DoubleArray>(array, i);
    case Type::STRING:
    case Type::BINARY:
      return characters<arrow::BinaryArray>(array, i);
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return characters<arrow::LargeBinaryArray>(array, i);
    case Type::STRING_VIEW:
    case Type::BINARY_VIEW:
      return characters<arrow::BinaryViewArray>(array, i);
    case Type::FIXED_SIZE_BINARY:
      return characters<arrow::FixedSizeBinaryArray>(array, i);
    case Type::LIST:
    case Type::MAP:
      return list_text<arrow::ListArray>(array, i);
    case Type::LARGE_LIST:
      return list_text<arrow::LargeListArray>(array, i);
    case Type::FIXED_SIZE_LIST:
      return list_text<arrow::FixedSizeListArray>(array, i);
    case Type::STRUCT:
      return struct_text(array, i);
    case Type::DICTIONARY: {
      const auto& words = static_cast<const arrow::DictionaryArray&>(array);
      const int64_t place = words.GetValueIndex(i);
      return words.dictionary()->IsNull(place) ? "" : cell_text(*words.dictionary(), place);
    }
    default:
      return value_or_throw(array.GetScalar(i))->ToString();  // times, decimals
  }
}

class ParquetRows : public RowSource {
 public:
  explicit ParquetRows(const std::string& path) {
    parquet::arrow::FileReaderBuilder builder;
    const auto file = value_or_throw(arrow::io::ReadableFile::Open(path));
    if (const auto status = builder.Open(file); !status.ok()) throw std::runtime_error(status.message());
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(kBatchRows);
    builder.properties(properties);
    reader_ = value_or_throw(builder.Build());
    batches_ = value_or_throw(reader_->GetRecordBatchReader());
    for (const auto& field : batches_->schema()->fields()) {
      names_.push_back(field->name());
      texts_.push_back(is_characters(*field->type()));
    }
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool named() const override { return true; }
  bool is_text(size_t column) const override { return texts_[column]; }

  bool next(TableRow& row) override {
    while (!batch_ || place_ == batch_->num_rows()) {
      const auto status = batches_->ReadNext(&batch_);
      if (!status.ok()) throw std::runtime_error(status.message());
      if (!batch_) return false;
      place_ = 0;
    }
    row.cells.resize(names_.size());
    for (size_t column = 0; column < names_.size(); ++column) {
      const arrow::Array& cells = *batch_->column(static_cast<int>(column));
      row.cells[column] = cells.IsNull(place_) ? "" : cell_text(cells, place_);
    }
    ++place_;
    row.number = ++n_rows_;
    return true;
  }

 private:
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::vector<std::string> names_;
  std::vector<bool> texts_;
  int64_t place_ = 0;
  uint64_t n_rows_ = 0;
};

}  // namespace
}  // namespace gulo

extern "C" __attribute__((visibility("default"))) gulo::RowSource* gulo_open_parquet(const char* path,
                                                                                     std::string& error) {
  try {
    return new gulo::ParquetRows(path);
  } catch (const std::exception& problem) {
    error = problem.what();
    return nullptr;
  }
}
