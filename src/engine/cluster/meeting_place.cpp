#include "engine/cluster/meeting_place.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "base/process_clock.h"

namespace gulo {
namespace {

// A process' counter has a line of the cache to itself.
constexpr int64_t kLineBytes = 64;
// Another look at whether the one that is waited for still lives.
constexpr timespec kLookAgain{.tv_sec = 0, .tv_nsec = 20'000'000};
// Those that come at about the same time need not sleep.
constexpr int kLooksBeforeSleep = 100;

struct flock byte_of(int rank, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = rank;
  lock.l_len = 1;
  return lock;
}

// True where `number` was reached; numbers go round.
bool has_come(uint32_t count, uint32_t number) { return static_cast<int32_t>(count - number) >= 0; }

}  // namespace

int64_t MeetingPlace::n_bytes(int n_ranks) { return n_ranks * (kLineBytes + 2 * kMailBytes); }

MeetingPlace::MeetingPlace(SharedMapping memory, int rank, int n_ranks, double patience_s)
    : memory_(std::move(memory)), rank_(rank), n_ranks_(n_ranks), patience_s_(patience_s) {
  static_assert(Counter::is_always_lock_free && sizeof(Counter) == sizeof(uint32_t));
  struct flock mine = byte_of(rank, F_WRLCK);
  if (fcntl(memory_.descriptor(), F_OFD_SETLK, &mine) != 0)
    throw std::system_error(errno, std::generic_category(), "shared memory: lock");
}

std::byte* MeetingPlace::mail(uint32_t meeting, int rank) const {
  return memory_.data() + n_ranks_ * kLineBytes + (int64_t{meeting % 2} * n_ranks_ + rank) * kMailBytes;
}

MeetingPlace::Counter& MeetingPlace::counter(int rank) const {
  return *std::launder(reinterpret_cast<Counter*>(memory_.data() + rank * kLineBytes));
}

void MeetingPlace::meet() {
  counter(rank_).store(n_meetings_ + 1, std::memory_order_release);
  syscall(SYS_futex, &counter(rank_), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  ++n_meetings_;
  for (int rank = 0; rank < n_ranks_; ++rank)
    if (rank != rank_) wait_for(rank);
}

void MeetingPlace::wait_for(int rank) const {
  Counter& count = counter(rank);
  for (int look = 0; look < kLooksBeforeSleep; ++look) {
    if (has_come(count.load(std::memory_order_acquire), n_meetings_)) return;
    std::this_thread::yield();
  }
  const double end_s = now_s() + patience_s_;
  while (true) {
    const bool alive = lives(rank);  // asked first: what it did before its end counts
    const uint32_t seen = count.load(std::memory_order_acquire);
    if (has_come(seen, n_meetings_)) return;
    if (!alive) throw std::runtime_error(fmt::format("rank {} has ended", rank));
    if (now_s() > end_s) throw std::runtime_error(fmt::format("rank {} has not been heard of", rank));
    syscall(SYS_futex, &count, FUTEX_WAIT, seen, &kLookAgain, nullptr, 0);
  }
}

bool MeetingPlace::lives(int rank) const {
  struct flock other = byte_of(rank, F_WRLCK);
  return fcntl(memory_.descriptor(), F_OFD_GETLK, &other) != 0 || other.l_type != F_UNLCK;
}

}  // namespace gulo
