#include "cli/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace gulo {

void write_output(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) throw OutputClosed{};
    require(written >= 0, ErrorKind::kDevice, fmt::format("cannot be written: {}", std::strerror(errno)),
            "free some space, or send the output elsewhere", "standard output");
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void OrderedOutput::put(size_t number, std::string text) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(number, std::move(text));
  // The lock is kept while writing: it is what makes a fast maker wait for a slow reader.
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; ++next_) {
    write_output(first->second);
    first = waiting_.erase(first);
  }
}

}  // namespace gulo
