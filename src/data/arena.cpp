#include "data/arena.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/units.h"

namespace gulo {
namespace {

// What one page fault of a mapped file may bring in around the byte that was asked for: the whole run of pages that
// Linux keeps together (a folio), which is as large as a huge page where a file was written in one go. Seen: 2 MiB on
// ext4.
constexpr uint64_t kFaultBytes = 2 << 20;
// A file grows by at least so much at a time.
constexpr size_t kFileStepBytes = size_t{64} << 20;
constexpr uint64_t kLeastShardBytes = uint64_t{1} << 20;

size_t page_bytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

size_t whole_pages(size_t n_bytes) { return (n_bytes + page_bytes() - 1) / page_bytes() * page_bytes(); }

std::string size_text(uint64_t n_bytes) { return format_bytes(static_cast<double>(n_bytes)); }

[[noreturn]] void fail_memory(size_t n_bytes) {
  throw Error(ErrorKind::kDevice, fmt::format("{} for the items cannot be had from the system", size_text(n_bytes)),
              "give fewer or smaller items, free some memory, or allow less of it by --memory");
}

// A file without a name, gone with its last user.
int open_temporary_file(const std::string& folder) {
  std::string path = folder + "/.gulo-XXXXXX";
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  require(descriptor >= 0, ErrorKind::kDevice,
          fmt::format("no temporary file for the items can be made here: {}", std::strerror(errno)),
          "set TMPDIR to a folder that you may write to, on a disk with room for them", folder);
  unlink(path.c_str());
  return descriptor;
}

void check_space(const std::string& folder, uint64_t n_bytes) {
  struct statvfs space{};
  if (statvfs(folder.c_str(), &space) != 0) return;
  const uint64_t n_free = uint64_t{space.f_bavail} * space.f_frsize;
  require(n_bytes <= n_free, ErrorKind::kDevice,
          fmt::format("a temporary file of {} for the items does not fit here: {} are free", size_text(n_bytes),
                      size_text(n_free)),
          "set TMPDIR to a folder on a larger disk, allow more memory by --memory, or give fewer items", folder);
}

}  // namespace

Arena::Arena(const Arena& other) { append({other.data_, other.size_}); }

Arena::~Arena() {
  if (data_) munmap(data_, capacity_);
  if (descriptor_ >= 0) close(descriptor_);
}

void Arena::swap(Arena& other) noexcept {
  std::swap(limits_, other.limits_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(descriptor_, other.descriptor_);
  other.n_looked_at_ = n_looked_at_.exchange(other.n_looked_at_);
}

bool Arena::operator==(const Arena& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

void Arena::resize(size_t n_bytes) {
  if (n_bytes > capacity_ || (!in_file() && n_bytes > limits_.memory_bytes)) grow(n_bytes);
  if (n_bytes < size_) std::memset(data_ + n_bytes, 0, size_ - n_bytes);
  size_ = n_bytes;
}

void Arena::append(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const size_t before = size_;
  resize(before + bytes.size());
  std::memcpy(data_ + before, bytes.data(), bytes.size());
  looked_at(bytes.size());
}

uint64_t Arena::shard_bytes() const { return std::max(kLeastShardBytes, limits_.memory_bytes / 2); }

void Arena::grow(size_t n_bytes) {
  if (in_file()) return grow_file(n_bytes);
  if (n_bytes <= limits_.memory_bytes) return grow_memory(n_bytes);
  require(!limits_.folder.empty(), ErrorKind::kDevice,
          fmt::format("the items take {}, and {} of memory may be used for them", size_text(n_bytes),
                      size_text(limits_.memory_bytes)),
          "give fewer or smaller items, free some memory, or use a machine with more of it");
  move_to_file(n_bytes);
}

// Memory that is not yet written to costs nothing, so a good deal more is asked for than is needed.
void Arena::grow_memory(size_t n_bytes) {
  if (n_bytes > SIZE_MAX / 4) fail_memory(n_bytes);
  const size_t wanted = whole_pages(size_ == 0 ? n_bytes : std::max(n_bytes, size_ + size_ / 2));
  if (data_) return remap(wanted);
  void* address = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) fail_memory(wanted);
  data_ = static_cast<uint8_t*>(address);
  capacity_ = wanted;
}

void Arena::move_to_file(size_t n_bytes) {
  Arena file(limits_);
  file.descriptor_ = open_temporary_file(limits_.folder);
  file.grow_file(n_bytes);
  if (size_ > 0) std::memcpy(file.data_, data_, size_);
  file.size_ = size_;
  swap(file);
}

// The space is taken before anything is written: writing through a mapping to a full disk ends the process.
void Arena::grow_file(size_t n_bytes) {
  const size_t step = capacity_ == 0 ? 0 : std::max(kFileStepBytes, capacity_ / 8);
  if (n_bytes > static_cast<size_t>(INT64_MAX) / 2) check_space(limits_.folder, n_bytes);
  const size_t wanted = whole_pages(std::max(n_bytes, capacity_ + step));
  check_space(limits_.folder, wanted - capacity_);
  const int problem =
      posix_fallocate(descriptor_, static_cast<off_t>(capacity_), static_cast<off_t>(wanted - capacity_));
  require(problem == 0, ErrorKind::kDevice,
          fmt::format("a temporary file of {} for the items cannot be written here: {}", size_text(wanted),
                      std::strerror(problem)),
          "set TMPDIR to a folder on another disk", limits_.folder);
  if (data_) return remap(wanted);
  void* address = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (address == MAP_FAILED) fail_memory(wanted);
  data_ = static_cast<uint8_t*>(address);
  capacity_ = wanted;
}

void Arena::remap(size_t n_bytes) {
  void* address = mremap(data_, capacity_, n_bytes, MREMAP_MAYMOVE);
  if (address == MAP_FAILED) fail_memory(n_bytes);
  data_ = static_cast<uint8_t*>(address);
  capacity_ = n_bytes;
}

void Arena::looked_at(size_t n_bytes) const {
  if (!in_file()) return;
  const uint64_t n = n_bytes + kFaultBytes;
  if (n_looked_at_.fetch_add(n, std::memory_order_relaxed) + n <= shard_bytes()) return;
  n_looked_at_.store(0, std::memory_order_relaxed);
  // Of a shared mapping nothing is lost: what was written stays in the file's pages.
  madvise(data_, capacity_, MADV_DONTNEED);
}

void Arena::expect(size_t begin, size_t end) const {
  if (!in_file() || begin >= end) return;
  const size_t first = begin / page_bytes() * page_bytes();
  madvise(data_ + first, std::min(whole_pages(end), capacity_) - first, MADV_WILLNEED);
}

void Arena::discard(size_t begin, size_t end) {
  const size_t first = whole_pages(begin), last = end / page_bytes() * page_bytes();
  if (first < last) madvise(data_ + first, last - first, in_file() ? MADV_REMOVE : MADV_DONTNEED);
}

}  // namespace gulo
