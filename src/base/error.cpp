#include "base/error.h"

namespace gulo {

namespace {
std::string whole_text(const std::string& message, const std::string& hint, const std::string& path) {
  std::string text = path.empty() ? message : path + ": " + message;
  if (!hint.empty()) text += "\n  " + hint;
  return text;
}
}  // namespace

Error::Error(ErrorKind kind, std::string message, std::string hint, std::string path)
    : std::runtime_error(whole_text(message, hint, path)),
      kind_(kind),
      message_(std::move(message)),
      hint_(std::move(hint)),
      path_(std::move(path)) {}

}  // namespace gulo
