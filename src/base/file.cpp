#include "base/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/error.h"

namespace gulo {

MappedFile::MappedFile(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  require(descriptor >= 0, ErrorKind::kData, fmt::format("cannot be opened: {}", std::strerror(errno)), "", path);
  struct stat status{};
  const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  void* address = nullptr;
  if (regular && status.st_size > 0)
    address = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int map_errno = errno;
  close(descriptor);
  require(regular, ErrorKind::kData, "is not a regular file", "give a file, not a folder, socket or device", path);
  require(address != MAP_FAILED, ErrorKind::kDevice, fmt::format("cannot be mapped: {}", std::strerror(map_errno)), "",
          path);
  data_ = static_cast<const uint8_t*>(address);
  size_bytes_ = static_cast<size_t>(status.st_size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<uint8_t*>(data_), size_bytes_);
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), temporary_path_(path_ + ".XXXXXX") {
  descriptor_ = mkstemp(temporary_path_.data());
  require(descriptor_ >= 0, ErrorKind::kDevice, fmt::format("cannot be written: {}", std::strerror(errno)),
          "choose a folder that exists and that you may write to", path_);
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(descriptor_, 0666 & ~mask);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    close(descriptor_);
    unlink(temporary_path_.c_str());
  }
}

void AtomicFile::write(const void* data, size_t n_bytes) {
  const auto* bytes = static_cast<const char*>(data);
  while (n_bytes > 0) {
    const ssize_t written = ::write(descriptor_, bytes, n_bytes);
    if (written < 0 && errno == EINTR) continue;
    require(written > 0, ErrorKind::kDevice,
            fmt::format("cannot be written: {}", written == 0 ? "nothing was taken" : std::strerror(errno)),
            "free some space or choose another folder; what was there before is untouched", path_);
    bytes += written;
    n_bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  const bool replaced = fsync(descriptor_) == 0 && rename(temporary_path_.c_str(), path_.c_str()) == 0;
  require(replaced, ErrorKind::kDevice, fmt::format("cannot be written: {}", std::strerror(errno)),
          "what was there before is untouched", path_);
  close(std::exchange(descriptor_, -1));
}

std::string temporary_folder(const std::string& beside) {
  const char* chosen = std::getenv("TMPDIR");
  if (chosen && *chosen) return chosen;
  const std::string parent = std::filesystem::path(beside).parent_path().string();
  return parent.empty() ? "." : parent;
}

std::string program_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

}  // namespace gulo
