// Errors that a user or a file can cause. Own bugs are assertions instead. One catch, in main, prints them.
#pragma once

#include <stdexcept>
#include <string>

namespace gulo {

// The value is the exit code of the program.
enum class ErrorKind : int {
  kSomeInputFailed = 1,  // the rest was done
  kUsage = 2,            // wrong command line
  kData = 3,             // wrong data or model
  kDevice = 4,           // device, memory, disk
};

// What went wrong, where, and what to do next.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = "", std::string path = "");

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::string& path() const { return path_; }

 private:
  ErrorKind kind_;
  std::string message_, hint_, path_;
};

// require(n > 0, ErrorKind::kData, "no files found", "give a folder LABEL/FILE", path)
inline void require(bool condition, ErrorKind kind, const std::string& message, const std::string& hint = "",
                    const std::string& path = "") {
  if (!condition) throw Error(kind, message, hint, path);
}

}  // namespace gulo
