// Where the processes of one machine wait for each other and add up a few numbers, in memory that they share: some
// microseconds, where a message to each other takes a hundred.
//
// A process says that it has come by a counter of its own, and sleeps on another's (futex) until that one has come too.
// As long as it lives it holds a lock on its byte of the shared file, which the kernel takes back when it ends, however
// it ends: so the others, who look now and then, know.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/cluster/shared_mapping.h"

namespace gulo {

class MeetingPlace {
 public:
  static constexpr int64_t kMailBytes = 1 << 16;
  static int64_t n_bytes(int n_ranks);

  // memory: n_bytes(n_ranks), zero at first, the same of all; no process may wait for others before all have made
  // theirs. patience_s: how long others may take to come.
  MeetingPlace(SharedMapping memory, int rank, int n_ranks, double patience_s);

  // Returns when all have called it as often as this process. What each wrote before is then seen by all. Throws
  // std::runtime_error where another has ended, or does not come.
  void meet();
  // kMailBytes that `rank` wrote to its next_mail() before the latest meeting, to be read by all until they meet again.
  const std::byte* mail_of(int rank) const { return mail(n_meetings_, rank); }
  std::byte* next_mail() { return mail(n_meetings_ + 1, rank_); }

 private:
  using Counter = std::atomic<uint32_t>;

  std::byte* mail(uint32_t meeting, int rank) const;
  Counter& counter(int rank) const;
  void wait_for(int rank) const;
  bool lives(int rank) const;

  SharedMapping memory_;
  int rank_, n_ranks_;
  double patience_s_;
  uint32_t n_meetings_ = 0;
};

}  // namespace gulo
