#include "data/item.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/error.h"

namespace gulo {

namespace {

constexpr size_t kFirstPipeBytes = 64 << 10;

[[noreturn]] void fail(const std::string& path, const char* what, int reason) {
  throw Error(ErrorKind::kData, fmt::format("{}: {}", what, std::strerror(reason)), "", path);
}

// An open file, closed at the end of its scope.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | flags)) {
    if (number_ < 0) fail(path, "cannot be opened", errno);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(number_); }
  int number() const { return number_; }

 private:
  int number_;
};

struct stat status_of(const OpenFile& file, const std::string& path) {
  struct stat status{};
  if (fstat(file.number(), &status) != 0) fail(path, "cannot be examined", errno);
  require(!S_ISDIR(status.st_mode), ErrorKind::kData, "is a folder", "add -r to take the files in it", path);
  return status;
}

size_t read_some(int descriptor, const std::string& path, uint8_t* destination, size_t n_bytes) {
  for (;;) {
    const ssize_t n = read(descriptor, destination, n_bytes);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) fail(path, "cannot be read", errno);
  }
}

void make_room(PaddedBytes& item, size_t n_bytes, const std::string& path) {
  if (item.storage.size() >= n_bytes + kItemPadding) return;
  try {
    item.storage.resize(n_bytes + kItemPadding);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kDevice, fmt::format("{} bytes do not fit in memory", n_bytes),
                "free some memory, or give a smaller file", path);
  }
}

// `stated_bytes` is the size that the system states, 0 where it knows none (pipes, /proc).
void read_to_end(int descriptor, const std::string& path, size_t stated_bytes, PaddedBytes& item) {
  size_t n_read = 0, room = std::max(stated_bytes, item.storage.empty() ? kFirstPipeBytes : 1);
  for (;;) {
    make_room(item, room, path);
    room = item.storage.size() - kItemPadding;
    // One byte more than stated is asked for, from the padding's room, so that one call finds the end as well.
    const size_t asked = room - n_read + 1;
    const size_t n = read_some(descriptor, path, item.storage.data() + n_read, asked);
    n_read += n;
    if (n == 0 || (n < asked && n_read == stated_bytes)) break;
    if (n_read >= room) room = n_read + std::max(n_read, kFirstPipeBytes);
  }
  make_room(item, n_read, path);
  item.size_bytes = n_read;
  std::memset(item.storage.data() + n_read, 0, kItemPadding);
}

// Until the named pipe has something to read, or had a writer that left; from then on reading waits. To open the pipe a
// second time instead would wait for ever where the writer has come and gone in between.
void wait_for_writer(const OpenFile& file, const std::string& path) {
  pollfd waiting{file.number(), POLLIN, 0};
  while (poll(&waiting, 1, -1) < 0)
    if (errno != EINTR) fail(path, "cannot be read", errno);
  if (fcntl(file.number(), F_SETFL, O_RDONLY) != 0) fail(path, "cannot be read", errno);
}

}  // namespace

void read_item_into(const std::string& path, PaddedBytes& reuse) {
  reuse.size_bytes = 0;
  if (path == "-") return read_to_end(STDIN_FILENO, "standard input", 0, reuse);
  // O_NONBLOCK: opening a named pipe must not wait for its writer before we know that it is one.
  const OpenFile file(path, O_NONBLOCK);
  const struct stat status = status_of(file, path);
  if (S_ISREG(status.st_mode)) return read_to_end(file.number(), path, static_cast<size_t>(status.st_size), reuse);
  require(S_ISFIFO(status.st_mode), ErrorKind::kData, "is a device or a socket, not a file",
          "give a file, or pipe the bytes in and give '-'", path);
  wait_for_writer(file, path);
  read_to_end(file.number(), path, 0, reuse);
}

PaddedBytes read_item(const std::string& path) {
  PaddedBytes item;
  read_item_into(path, item);
  item.storage.resize(item.size_bytes + kItemPadding);
  return item;
}

size_t read_regular_file(const std::string& path, std::span<uint8_t> slot) {
  const OpenFile file(path, O_NONBLOCK);
  require(S_ISREG(status_of(file, path).st_mode), ErrorKind::kData, "is not a regular file", "", path);
  size_t n_read = 0;
  while (n_read < slot.size()) {
    const size_t n = read_some(file.number(), path, slot.data() + n_read, slot.size() - n_read);
    if (n == 0) break;
    n_read += n;
  }
  return n_read;
}

}  // namespace gulo
