// libFuzzer's target for all readers: the first byte picks the reader, the rest is the file. A reader gives an item
// that is what it says, or throws Error; anything else is a finding.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "data/reader/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t n_bytes) {
  if (n_bytes == 0) return 0;
  const auto readers = gulo::readers();
  const gulo::Reader& reader = readers[data[0] % readers.size()];
  const std::vector<uint8_t> file(data + 1, data + n_bytes);  // of its exact size: reading past its end is seen
  const gulo::ReadLimits limits{.max_bytes = 1 << 20};
  reader.recognises(std::span(file).first(std::min(file.size(), gulo::kReaderHeadBytes)));
  try {
    const gulo::RawItem item = reader.read(file, limits);
    if (item.bytes.size() != item.shape.n_bytes() || item.bytes.size() > limits.max_bytes) std::abort();
  } catch (const gulo::Error&) {
  }
  return 0;
}
