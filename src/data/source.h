// A source lists labelled items without reading their contents.
//
// Forms of DATA (docs/commands.md):
//   folder LABEL/FILE                         any depth below LABEL; the first folder is the label
//   folder or archive with train/ and test/   (an optional single folder above them) holding LABEL/FILE
//   archive .tar .tar.zst .tar.gz .tgz .zip   of either layout
//   list file .tsv: PATH TAB LABEL a line; .csv with --label: a column of paths and one of labels
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gulo {

enum class Split : uint8_t { kAll, kTrain, kTest };

struct SourceItem {
  std::string name;        // path as the user knows it: on disk, or inside the archive
  int label = -1;          // index into Listing::labels
  uint64_t size_bytes = 0; // as the source states it
};

// What a source holds. Items are sorted by name, labels by name: the same DATA gives the same listing everywhere.
struct Listing {
  std::string data;                  // DATA as the user gave it
  bool archive = false;              // items lie inside `data`, else `name` is a path on disk
  std::vector<SourceItem> items;
  std::vector<std::string> labels;
  uint64_t n_skipped = 0;            // sockets, devices, broken links, loops; each kind warned of once
};

struct SourceOptions {
  Split split = Split::kAll;   // kTrain: the train/ part where DATA has one, else everything; kTest likewise
  std::string label_column;    // --label: name, number from 1, or -1 from the end; only for .csv
};

// Throws Error (kData): absent, empty, no labels, broken archive, list that names absent files (all of them counted, the
// first few named).
Listing list_source(const std::string& data, const SourceOptions& options);

}  // namespace gulo
