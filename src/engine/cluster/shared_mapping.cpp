#include "engine/cluster/shared_mapping.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

namespace gulo {
namespace {

[[noreturn]] void fail(int code, const std::string& what) {
  throw std::system_error(code, std::generic_category(), "shared memory: " + what);
}

std::string new_name() {
  std::random_device random;
  return fmt::format("/gulo-{:08x}{:08x}", random(), random());
}

}  // namespace

SharedMapping SharedMapping::make(int64_t n_bytes) { return {new_name(), n_bytes, O_CREAT | O_EXCL | O_RDWR}; }
SharedMapping SharedMapping::open(const std::string& name, int64_t n_bytes) { return {name, n_bytes, O_RDWR}; }

SharedMapping::SharedMapping(std::string name, int64_t n_bytes, int flags) : name_(std::move(name)), n_bytes_(n_bytes) {
  descriptor_ = shm_open(name_.c_str(), flags, S_IRUSR | S_IWUSR);
  if (descriptor_ < 0) fail(errno, "open");
  must_forget_ = (flags & O_CREAT) != 0;
  // What is not there must be an error here, not a signal at the first touch.
  const int refused = must_forget_ ? posix_fallocate(descriptor_, 0, n_bytes) : 0;
  void* mapped = refused ? MAP_FAILED : mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (mapped == MAP_FAILED) {
    const int code = refused ? refused : errno;
    forget_name();
    close(descriptor_);
    fail(code, fmt::format("{} bytes", n_bytes));
  }
  data_ = static_cast<std::byte*>(mapped);
}

SharedMapping::SharedMapping(SharedMapping&& other) noexcept
    : name_(std::move(other.name_)),
      n_bytes_(other.n_bytes_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      data_(std::exchange(other.data_, nullptr)),
      must_forget_(std::exchange(other.must_forget_, false)) {}

SharedMapping::~SharedMapping() {
  if (data_) munmap(data_, n_bytes_);
  forget_name();
  if (descriptor_ >= 0) close(descriptor_);
}

void SharedMapping::forget_name() {
  if (std::exchange(must_forget_, false)) shm_unlink(name_.c_str());
}

}  // namespace gulo
