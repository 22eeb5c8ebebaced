// Puts rows one behind the other into a Corpus, labels by their text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/corpus.h"
#include "data/table/table_file.h"

namespace gulo {

class CorpusBuilder {
 public:
  CorpusBuilder(std::string path, Kind kind, const TableOptions& options);

  // `row`: the line or number for its name. `label` loses the blanks around it; it is not looked at where
  // options.labelled is false; an empty one makes a bad row unless options.may_lack_labels. Throws Error (kDevice)
  // where memory or disk do not suffice.
  void add(uint64_t row, std::string_view label, const ItemShape& shape, std::span<const uint8_t> bytes);
  void add_samples(uint64_t row, std::string_view label, std::span<const float> values, uint32_t n_channels);
  // Of kind bytes.
  void add_text(uint64_t row, std::string_view label, std::string_view text);
  void add_bad(uint64_t row, const std::string& reason);

  void declare(Task task) { corpus_.declared_task = task; }

  // What read_table_file says of labels and bad rows.
  Corpus finish();

  const std::string& path() const { return path_; }
  // The file's error, with its path.
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const;

 private:
  void count_label(std::string_view label);
  void report_bad() const;
  void check_labels() const;
  void sort_labels();

  std::string path_, shown_path_;
  const TableOptions& options_;
  Corpus corpus_;
  std::unordered_map<std::string, int> label_numbers_;
  std::vector<std::string> labels_in_order_;
  std::vector<std::string> first_problems_;
};

std::string_view without_blanks(std::string_view text);

}  // namespace gulo
