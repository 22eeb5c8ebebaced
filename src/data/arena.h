// The bytes of a corpus, one item after the other: in memory, or, where they are more than may be held there, in a
// temporary file that is mapped. Both are one run of bytes that grows at its end; whoever reads it need not know which.
//
// Of a file, what is looked at becomes resident memory, with what lies up to 2 MiB around it; looked_at() counts that
// and lets all of it go when it is more than half of the limit. What was let go is read again from the file when it is
// looked at again.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace gulo {

struct ArenaLimits {
  uint64_t memory_bytes = ~uint64_t{0};  // more than these go to a file
  std::string folder{};                  // of the file; empty: more is an error
};

class Arena {
 public:
  Arena() = default;
  explicit Arena(ArenaLimits limits) : limits_(std::move(limits)) {}
  Arena(const Arena& other);  // in memory, without limits
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena other) noexcept {
    swap(other);
    return *this;
  }
  ~Arena();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  uint8_t* begin() { return data_; }
  uint8_t* end() { return data_ + size_; }
  const uint8_t* begin() const { return data_; }
  const uint8_t* end() const { return data_ + size_; }
  uint8_t& operator[](size_t i) { return data_[i]; }
  const uint8_t& operator[](size_t i) const { return data_[i]; }
  bool operator==(const Arena& other) const;

  // Growing moves the bytes: pointers to them are no longer valid. Throws Error (kDevice): more than the limit without
  // a folder for a file, no memory, no space on the disk (known before a byte is written).
  void resize(size_t n_bytes);  // new bytes are zero
  void append(std::span<const uint8_t> bytes);
  void push_back(uint8_t byte) { append({&byte, 1}); }
  // `at` is end().
  template <class Iterator>
  void insert(const uint8_t* at, Iterator first, Iterator last);
  void insert(const uint8_t*, size_t n, uint8_t byte) {
    const size_t before = size_;
    resize(before + n);
    std::fill(data_ + before, data_ + size_, byte);
  }

  bool in_file() const { return descriptor_ >= 0; }
  const ArenaLimits& limits() const { return limits_; }
  void set_limits(ArenaLimits limits) { limits_ = std::move(limits); }
  // What may lie in memory of an arena in a file at a time, and so how much one shard of it is.
  uint64_t shard_bytes() const;

  // Thread-safe; bytes in memory do not care.
  void looked_at(size_t n_bytes) const;
  // They will be looked at soon: the system may begin to read them.
  void expect(size_t begin, size_t end) const;
  // They are not needed any more: their memory or space on the disk is given back, their values are lost.
  void discard(size_t begin, size_t end);

 private:
  void swap(Arena& other) noexcept;
  void grow(size_t n_bytes);
  void grow_memory(size_t n_bytes);
  void grow_file(size_t n_bytes);
  void move_to_file(size_t n_bytes);
  void remap(size_t n_bytes);

  ArenaLimits limits_;
  uint8_t* data_ = nullptr;
  size_t size_ = 0, capacity_ = 0;  // capacity_: mapped, whole pages
  int descriptor_ = -1;
  mutable std::atomic<uint64_t> n_looked_at_{0};
};

template <class Iterator>
void Arena::insert(const uint8_t*, Iterator first, Iterator last) {
  const size_t before = size_;
  resize(before + static_cast<size_t>(last - first));
  std::copy(first, last, data_ + before);
}

}  // namespace gulo
