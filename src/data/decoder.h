// From the files of a corpus to the values that they stand for.
#pragma once

#include <string>

#include "data/corpus.h"
#include "data/reader/reader.h"

namespace gulo {

// What the items of a corpus of files are, after what their contents begin with: the kind of which nine tenths of them
// are, else bytes. Where each label's files are of one format of its own, formats are what is to be told apart: bytes.
struct KindGuess {
  Kind kind = Kind::kBytes;
  std::string formats;  // "JPEG", "PNG and GIF": what the items of that kind are; empty for bytes
  std::string remark;   // why it is bytes though many items are of another kind; empty: nothing to say
};
KindGuess guess_kind(const Corpus& files);

// Opens every item's container, in parallel, with progress. Items that cannot be read as `kind` are counted, warned of
// and left out, like those that could not be read at all. Throws Error
// (kData) where they are more than options.max_bad_fraction, (kDevice) before it takes more memory than it may. kBytes:
// `files` as it is.
Corpus decode_corpus(Corpus files, Kind kind, const CorpusOptions& options, const std::string& data);

// One file's values. Throws Error (kData) where it is not of that kind or cannot be read.
RawItem decode_item(std::span<const uint8_t> file, Kind kind, const ReadLimits& limits = {});

}  // namespace gulo
