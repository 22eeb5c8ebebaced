#include "engine/cluster/meeting_place.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
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

// Rank 0 here, and rank 1 in a process of its own.
struct TwoRanks {
  MeetingPlace place;
  pid_t other;
};

// Rank 1 does `body` and ends without cleaning up. It begins when both have their places.
template <class Body>
TwoRanks two_ranks(double patience_s, const Body& body) {
  SharedMapping memory = SharedMapping::make(MeetingPlace::n_bytes(kRanks));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("no sockets");
  const pid_t pid = fork();
  const int end = ends[pid == 0 ? 1 : 0];
  const auto both_are_there = [end] {
    char there = 0;
    return write(end, &there, 1) == 1 && read(end, &there, 1) == 1;
  };
  if (pid == 0) {
    MeetingPlace place(SharedMapping::open(memory.name(), MeetingPlace::n_bytes(kRanks)), 1, kRanks, 10);
    if (both_are_there()) body(place);
    _exit(0);
  }
  MeetingPlace place(std::move(memory), 0, kRanks, patience_s);
  EXPECT_TRUE(both_are_there());
  close(ends[0]);
  close(ends[1]);
  return {std::move(place), pid};
}

TEST(MeetingPlace, MailsArriveWithEachMeeting) {
  constexpr int kMeetings = 300;
  auto [place, other] = two_ranks(10, [](MeetingPlace& there) {
    for (int i = 0; i < kMeetings; ++i) {
      std::memcpy(there.next_mail(), &i, sizeof i);
      there.meet();
    }
  });
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
  auto [place, other] = two_ranks(30, [](MeetingPlace& there) {
    there.meet();
    pause();
  });
  EXPECT_EQ(what_is_thrown(place), "");
  kill(other, SIGKILL);
  const double begin_s = now_s();
  EXPECT_EQ(what_is_thrown(place), "rank 1 has ended");
  EXPECT_LT(now_s() - begin_s, 5);
  waitpid(other, nullptr, 0);
}

TEST(MeetingPlace, PatienceEnds) {
  auto [place, other] = two_ranks(1, [](MeetingPlace& there) {
    there.meet();
    pause();
  });
  EXPECT_EQ(what_is_thrown(place), "");
  EXPECT_EQ(what_is_thrown(place), "rank 1 has not been heard of");
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

}  // namespace
}  // namespace gulo
