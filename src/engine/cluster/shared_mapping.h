// Memory that processes of one machine have in common: a file in memory, whose name is forgotten once all have opened
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gulo {

class SharedMapping {
 public:
  // Throw std::system_error: there is no such memory, or not so much of it.
  static SharedMapping make(int64_t n_bytes);  // zero, under a name that nobody else has
  static SharedMapping open(const std::string& name, int64_t n_bytes);
  SharedMapping(SharedMapping&& other) noexcept;
  SharedMapping& operator=(SharedMapping&&) = delete;
  ~SharedMapping();

  const std::string& name() const { return name_; }
  // Nobody can open it any more; whoever has it keeps it.
  void forget_name();
  std::byte* data() const { return data_; }
  int descriptor() const { return descriptor_; }

 private:
  SharedMapping(std::string name, int64_t n_bytes, int flags);

  std::string name_;
  int64_t n_bytes_;
  int descriptor_ = -1;
  std::byte* data_ = nullptr;
  bool must_forget_ = false;
};

}  // namespace gulo
