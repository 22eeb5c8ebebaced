// The items of a corpus as files that any program can read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/corpus.h"

namespace gulo {

// Some items of a corpus with the names of their labels; empty names: labels are not written.
struct ItemSelection {
  const Corpus& corpus;
  std::span<const uint32_t> items;
  std::span<const std::string> label_names;  // by corpus.item_labels
};

// FOLDER/LABEL/000123, or FOLDER/000123 without labels. Pictures that were rows of an IDX file become PNM. Throws Error
// (kDevice: cannot be written; kData: a shape that PNM has no form for).
void write_item_files(const ItemSelection& selection, const std::string& folder);
// Cells, with a header; `label_column` is the last column's name.
void write_csv(const ItemSelection& selection, std::span<const std::string> columns, const std::string& label_column,
               const std::string& path);
// Samples, as float32, in the fewest digits that give the same number back.
void write_ts(const ItemSelection& selection, const std::string& path);

}  // namespace gulo
