#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <new>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/prediction_format.h"
#include "data/decoder.h"
#include "data/item.h"
#include "data/paths.h"
#include "data/table/fields_table.h"
#include "data/table/table_file.h"

namespace gulo {
namespace {

// Answers to so many files are written at once: enough that writing costs nothing, few enough that a pipe sees them
// soon.
constexpr size_t kChunkFiles = 8;
// A larger buffer is given back after its file: most files are small, and every thread has one.
constexpr size_t kKeptBufferBytes = size_t{4} << 20;

class FilePredictor {
 public:
  FilePredictor(const Predictor& predictor, const ModelSpec& spec, const Options& options, int n_threads)
      : predictor_(predictor),
        spec_(spec),
        kind_(spec.kind),
        column_(options.column),
        top_(options.top),
        buffers_(static_cast<size_t>(n_threads)) {}

  // One answer a file, or one a row of a table. A file that cannot be read gives one that says why.
  std::vector<Prediction> predict(const std::string& path, int thread) {
    if (!holds_items(path)) return {predict_item(path, thread)};
    try {
      return predict_rows(path, thread);
    } catch (const Error& error) {
      complain(error.what());
      return {{.path = path, .error = error.message(), .top = {}}};
    }
  }

 private:
  // Of bytes only a recogniser of text looks for it in tables.
  bool holds_items(const std::string& path) const {
    if (kind_ == Kind::kFields) return has_table_name(path);
    if (kind_ != Kind::kBytes) return is_table_file(path);
    return (!column_.empty() || !spec_.columns.empty()) && has_table_name(path);
  }

  Prediction predict_item(const std::string& path, int thread) {
    Prediction prediction{.path = path, .error = "", .top = {}};
    PaddedBytes& buffer = buffers_[static_cast<size_t>(thread)];
    try {
      read_item_into(path, buffer);
      set_answer(prediction, logits(buffer.bytes(), thread));
    } catch (const Error& error) {
      prediction.error = error.message();
      complain(error.path().empty() ? path + ": " + error.what() : error.what());
    } catch (const std::bad_alloc&) {
      prediction.error = "does not fit into memory";
      complain(path + ": " + prediction.error);
    }
    if (buffer.storage.size() > kKeptBufferBytes) buffer = {};
    return prediction;
  }

  std::vector<Prediction> predict_rows(const std::string& path, int thread) {
    TableOptions table;
    table.labelled = false;
    table.min_labels = 0;
    table.as = kind_;
    table.column = column_;
    table.columns = spec_.columns;
    table.fields = spec_.fields;
    const Corpus rows = kind_ == Kind::kFields ? read_fields_table(path, table) : read_table_file(path, table);
    require(rows.kind == kind_, ErrorKind::kData,
            fmt::format("holds {}, and the model recognises {}", kind_name(rows.kind), kind_name(kind_)), "", path);
    std::vector<Prediction> predictions;
    for (size_t i = 0; i < rows.n_items(); ++i) {
      predictions.push_back({.path = rows.names[i], .error = "", .top = {}});
      set_answer(predictions.back(), predictor_.logits(rows.view(i), thread));
    }
    return predictions;
  }

  void set_answer(Prediction& prediction, const std::vector<float>& logits) const {
    if (spec_.task == Task::kNumber) {
      prediction.number = spec_.number_unit.to_number(logits.at(0));
      return;
    }
    const std::vector<float> all = probabilities(spec_.task, logits);
    const bool several = spec_.task == Task::kLabels && top_ == 0;
    prediction.top = several ? probable_candidates(all) : top_candidates(all, std::max(1, top_));
  }

  std::vector<float> logits(std::span<const uint8_t> file, int thread) const {
    if (kind_ == Kind::kBytes) return predictor_.logits(bytes_view(file), thread);
    const RawItem item = decode_item(file, kind_);
    return predictor_.logits({item.shape, item.bytes}, thread);
  }

  const Predictor& predictor_;
  const ModelSpec& spec_;
  const Kind kind_;
  const std::string column_;
  const int top_;
  std::vector<PaddedBytes> buffers_;  // one a thread
};

// The files to read, in the order given. A folder that cannot be listed is reported and left out.
std::vector<std::string> list_files(const Options& options, bool& some_failed) {
  std::vector<std::string> files;
  for (const std::string& path : options.data) {
    try {
      for (std::string& file : expand_paths({path}, options.recursive)) files.push_back(std::move(file));
    } catch (const Error& error) {
      complain(error.what());
      some_failed = true;
    }
  }
  return files;
}

}  // namespace

int run_predict(const Options& options, const Model& model, const Predictor& predictor) {
  bool folder_failed = false;
  const std::vector<std::string> paths = list_files(options, folder_failed);
  const PredictionFormat format(options.format, model.spec.labels, model.spec.task);
  const int n_threads = thread_count(options);
  FilePredictor files(predictor, model.spec, options, n_threads);
  OrderedOutput output;
  std::atomic<bool> some_failed = folder_failed;

  write_output(format.begin());
  const size_t n_chunks = (paths.size() + kChunkFiles - 1) / kChunkFiles;
  parallel_for(n_chunks, n_threads, 1, [&](size_t chunk, int thread) {
    std::string text;
    const size_t end = std::min(paths.size(), (chunk + 1) * kChunkFiles);
    for (size_t i = chunk * kChunkFiles; i < end; ++i) {
      size_t number = i;
      for (const Prediction& prediction : files.predict(paths[i], thread)) {
        if (!prediction.error.empty()) some_failed = true;
        format.append(prediction, number++, text);
      }
    }
    output.put(chunk, std::move(text));
  });
  write_output(format.end());
  return some_failed ? static_cast<int>(ErrorKind::kSomeInputFailed) : 0;
}

}  // namespace gulo
