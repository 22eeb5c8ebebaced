#include "engine/train/train_data.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "data/table/data_set.h"
#include "data/task_assignment.h"

namespace gulo {

namespace {

Split split_of(const std::string& name, Split otherwise) {
  return name == "all" ? Split::kAll : name == "train" ? Split::kTrain : name == "test" ? Split::kTest : otherwise;
}

DataOptions data_options(const TrainOptions& options) {
  DataOptions data;
  data.split = split_of(options.split, Split::kTrain);
  data.kind = options.kind;
  data.task = options.task;
  data.label_column = options.label_column;
  data.column = options.column;
  data.asked_kinds = options.asked_kinds;
  data.max_bad_fraction = options.max_bad_fraction;
  data.memory_bytes = options.memory_bytes;
  data.spill_folder = temporary_folder(options.model_path);
  data.n_threads = options.n_threads;
  return data;
}

// Of the training data's kind, task and columns.
Corpus read_valid(const TrainOptions& options, const Corpus& train) {
  DataOptions data = data_options(options);
  data.split = Split::kAll;
  data.kind = train.kind;
  data.task = train.task;
  if (train.task == Task::kLabels) data.labels = train.labels;
  data.columns = train.columns;
  data.fields = train.fields;
  data.min_labels = 1;
  return read_data_set(options.valid_data, data).corpus;
}

// Of streamed items, an eighth of the memory at most is set aside, but for a thousand items: validation would read more
// than that again and again.
double valid_fraction(const Corpus& corpus, double asked) {
  constexpr double kEnoughItems = 1000;
  if (!corpus.arena.in_file()) return asked;
  const double by_bytes =
      0.125 * static_cast<double>(corpus.arena.limits().memory_bytes) / static_cast<double>(corpus.n_bytes());
  return std::min(asked, std::max(by_bytes, kEnoughItems / static_cast<double>(corpus.n_items())));
}

TrainData read_items(const TrainOptions& options) {
  DataSet set = read_data_set(options.data, data_options(options));
  TrainData data{std::move(set.corpus), {}, std::move(set.description)};
  if (options.valid_data.empty()) {
    data.parts = split_corpus(data.corpus, valid_fraction(data.corpus, options.valid_fraction), options.seed);
    return data;
  }
  const size_t n_train = data.corpus.n_items();
  append_corpus(data.corpus, read_valid(options, data.corpus), options.valid_data);
  for (size_t i = 0; i < data.corpus.n_items(); ++i)
    (i < n_train ? data.parts.train : data.parts.valid).push_back(static_cast<uint32_t>(i));
  return data;
}

}  // namespace

TrainData read_train_data(const TrainOptions& options) {
  TrainData data = read_items(options);
  set_number_unit(data.corpus, data.parts.train);
  return data;
}

Corpus read_unlabelled(const TrainOptions& options, const Corpus& train) {
  require(train.task == Task::kLabel, ErrorKind::kUsage, "--unlabelled needs data with one label an item",
          "leave --unlabelled out");
  DataOptions data = data_options(options);
  data.kind = train.kind;
  data.columns = train.columns;
  data.fields = train.fields;
  data.label_column.clear();
  data.labelled = false;
  return read_data_set(options.unlabelled_data, data).corpus;
}

}  // namespace gulo
