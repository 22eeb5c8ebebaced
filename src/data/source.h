// A source lists labelled items without reading their contents.
//
// Forms of DATA (docs/commands.md):
//   folder LABEL/FILE                         any depth below LABEL; the first folder is the label
//   folder or archive with train/ and test/   (an optional single folder above them) holding LABEL/FILE
//   archive .tar .tar.zst .tar.gz .tgz .zip   of either layout
//   list file .tsv: PATH TAB LABEL a line; .csv with --label: a column of paths and one of labels
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gulo {

enum class Split : uint8_t { kAll, kTrain, kTest };

struct SourceItem {
  static constexpr uint64_t kNotKept = ~uint64_t{0};

  std::string name;                    // path as the user knows it: on disk, or inside the archive; any bytes
  int label = -1;                      // index into Listing::labels
  uint64_t size_bytes = 0;             // as the source states it
  uint64_t content_offset = kNotKept;  // where its bytes lie in Listing::contents
};

// What a source holds. Items are sorted by name, labels by name: the same DATA gives the same listing everywhere.
struct Listing {
  std::string data;      // DATA as the user gave it
  bool archive = false;  // items lie inside `data`, else `name` is a path on disk
  std::vector<SourceItem> items;
  std::vector<std::string> labels;  // valid UTF-8: any other byte of a label is written \xNN
  uint64_t n_skipped = 0;           // sockets, devices, broken links, loops; each kind warned of once
  // A small archive's members, kept while it was listed so that it is decompressed once; null: not kept. Where they are
  // kept, an item without a content_offset is one that could not be read.
  std::shared_ptr<const std::vector<uint8_t>> contents;
};

struct SourceOptions {
  Split split = Split::kAll;     // kTrain: the train/ part where DATA has one, else everything; kTest likewise
  std::string label_column;      // --label: name, number from 1, or -1 from the end; only for .csv
  size_t min_labels = 2;         // fewer labels are an error; `test` may do with 1
  bool may_lack_labels = false;  // of a list: an empty label is one; else an error
  uint64_t keep_bytes = uint64_t{256} << 20;  // an archive holding more than this is read a second time by read_corpus
};

// Throws Error (kData): absent, empty, too few labels, broken archive, list with a broken line or of which no file
// exists; (kUsage): no such --label column. Single absent files of a list stay listed with size 0: read_corpus counts
// and names them and holds them against --max-bad, like every other item that cannot be read.
Listing list_source(const std::string& data, const SourceOptions& options);

}  // namespace gulo
