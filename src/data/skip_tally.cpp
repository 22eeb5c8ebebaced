#include "data/skip_tally.h"

#include <fmt/core.h>

#include "base/progress.h"
#include "base/utf8.h"

namespace gulo {

void SkipTally::add(const std::string& kind, const std::string& path) {
  Kind& entry = kinds_[kind];
  if (entry.count++ == 0) entry.first = path;
}

uint64_t SkipTally::n_skipped() const {
  uint64_t count = 0;
  for (const auto& [kind, entry] : kinds_) count += entry.count;
  return count;
}

void SkipTally::warn_of_all() const {
  for (const auto& [kind, entry] : kinds_)
    warn(fmt::format("skipped {}: {} (first: {})", kind, entry.count, printable_utf8(entry.first)));
}

}  // namespace gulo
