// Standard output: whole texts at once, and in order although they are made in parallel.
#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gulo {

// Whoever read our output has left (`gulo predict ... | head`): nobody is wrong, and there is nobody left to work for.
struct OutputClosed : std::exception {};

// Throws OutputClosed, or Error (kDevice) where the disk behind it is full.
void write_output(std::string_view text);

// Texts numbered 0, 1, 2... come from any thread in any order, and each is written as soon as all before it are.
class OrderedOutput {
 public:
  void put(size_t number, std::string text);

 private:
  std::mutex mutex_;
  std::map<size_t, std::string> waiting_;
  size_t next_ = 0;
};

}  // namespace gulo
