#include "engine/cluster/meeting_place.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/process_clock.h"

namespace gulo {
namespace {

constexpr int kRanks = 2;

std::string what_is_thrown(MeetingPlace& place) {
  try {
    place.meet();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

// Rank 1 in a process of its own, which does `body` and ends without cleaning up. Returns when it has its place.
template <class Body>
pid_t start_other(const SharedMapping& memory, const Body& body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = fork();
  char there = 0;
  if (pid == 0) {
    MeetingPlace place(SharedMapping::open(memory.name(), MeetingPlace::n_bytes(kRanks)), 1, kRanks, 10);
    if (write(ends[1], &there, 1) == 1) body(place);
    _exit(0);
  }
  EXPECT_EQ(read(ends[0], &there, 1), 1);
  close(ends[0]);
  close(ends[1]);
  return pid;
}

TEST(MeetingPlace, MailsArriveWithEachMeeting) {
  SharedMapping memory = SharedMapping::make(MeetingPlace::n_bytes(kRanks));
  constexpr int kMeetings = 300;
  const pid_t other = start_other(memory, [](MeetingPlace& place) {
    for (int i = 0; i < kMeetings; ++i) {
      std::memcpy(place.next_mail(), &i, sizeof i);
      place.meet();
    }
  });
  MeetingPlace place(std::move(memory), 0, kRanks, 10);
  int n_right = 0;
  for (int i = 0; i < kMeetings; ++i) {
    const int mine = -i;
    std::memcpy(place.next_mail(), &mine, sizeof mine);
    place.meet();
    int others = 0, own = 0;
    std::memcpy(&others, place.mail_of(1), sizeof others);
    std::memcpy(&own, place.mail_of(0), sizeof own);
    n_right += others == i && own == -i ? 1 : 0;
  }
  EXPECT_EQ(n_right, kMeetings);
  waitpid(other, nullptr, 0);
}

TEST(MeetingPlace, AProcessThatWasKilledIsMissed) {
  SharedMapping memory = SharedMapping::make(MeetingPlace::n_bytes(kRanks));
  const pid_t other = start_other(memory, [](MeetingPlace& place) {
    place.meet();
    pause();
  });
  MeetingPlace place(std::move(memory), 0, kRanks, 30);
  EXPECT_EQ(what_is_thrown(place), "");
  kill(other, SIGKILL);
  const double begin_s = now_s();
  EXPECT_EQ(what_is_thrown(place), "rank 1 has ended");
  EXPECT_LT(now_s() - begin_s, 5);
  waitpid(other, nullptr, 0);
}

TEST(MeetingPlace, PatienceEnds) {
  SharedMapping memory = SharedMapping::make(MeetingPlace::n_bytes(kRanks));
  const pid_t other = start_other(memory, [](MeetingPlace& place) {
    place.meet();
    pause();
  });
  MeetingPlace place(std::move(memory), 0, kRanks, 0.2);
  EXPECT_EQ(what_is_thrown(place), "");
  EXPECT_EQ(what_is_thrown(place), "rank 1 has not been heard of");
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

}  // namespace
}  // namespace gulo
