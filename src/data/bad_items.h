// Items that cannot be read: counted, named, and an error where they are too many.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace gulo {

class BadItems {
 public:
  // Thread-safe.
  void add(size_t item, const std::string& reason);
  size_t count() const { return reasons_.size(); }
  bool contains(size_t item) const { return reasons_.contains(item); }

  // Warns of them. Throws Error (kData) where they are more than max_bad_fraction of n_items, or all.
  void report(const std::vector<std::string>& names, size_t n_items, double max_bad_fraction,
              const std::string& data) const;

 private:
  std::map<size_t, std::string> reasons_;
  std::mutex mutex_;
};

}  // namespace gulo
