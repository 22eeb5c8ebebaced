#include "data/bad_items.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/progress.h"
#include "base/utf8.h"

namespace gulo {
namespace {

constexpr size_t kNamedItems = 3;

}  // namespace

void BadItems::add(size_t item, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  reasons_.emplace(item, reason);
}

void BadItems::report(const std::vector<std::string>& names, size_t n_items, double max_bad_fraction,
                      const std::string& data) const {
  if (reasons_.empty()) return;
  std::string text = fmt::format("{} of {} items cannot be read:", reasons_.size(), n_items);
  size_t n_named = 0;
  for (const auto& [i, reason] : reasons_) {
    if (n_named == kNamedItems) break;
    text += fmt::format("{} {} ({})", n_named++ > 0 ? "," : "", names[i], reason);
  }
  if (reasons_.size() > n_named) text += fmt::format(" and {} more", reasons_.size() - n_named);
  const double allowed = max_bad_fraction * static_cast<double>(n_items);
  require(static_cast<double>(reasons_.size()) <= allowed && reasons_.size() < n_items, ErrorKind::kData, text,
          "mend or remove them, or allow a larger fraction by --max-bad", data);
  warn(fmt::format("{}: {}; they are left out", printable_utf8(data), text));
}

}  // namespace gulo
