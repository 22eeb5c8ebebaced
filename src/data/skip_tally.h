// What a source holds that cannot be an item: counted by kind, warned of once a kind.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace gulo {

class SkipTally {
 public:
  // kind, in the plural: "broken links", "sockets".
  void add(const std::string& kind, const std::string& path);
  uint64_t n_skipped() const;
  // One warning a kind: how many, and the first of them.
  void warn_of_all() const;

 private:
  struct Kind {
    uint64_t count = 0;
    std::string first;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace gulo
