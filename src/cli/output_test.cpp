#include "cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <new>
#include <string>

#include "base/error.h"
#include "base/threads.h"
#include "cli/program.h"

namespace gulo {
namespace {

// Standard output is `descriptor` while this lives.
class Redirected {
 public:
  explicit Redirected(int descriptor) : saved_(dup(STDOUT_FILENO)) { dup2(descriptor, STDOUT_FILENO); }
  ~Redirected() {
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
  }

 private:
  int saved_;
};

TEST(OrderedOutput, WritesInOrderAndAsSoonAsItCan) {
  testing::internal::CaptureStdout();
  OrderedOutput output;
  output.put(1, "b");
  output.put(0, "a");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "ab");
  testing::internal::CaptureStdout();
  output.put(3, "d");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  testing::internal::CaptureStdout();
  output.put(2, "c");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "cd");
}

TEST(OrderedOutput, ManyThreadsStayInOrder) {
  testing::internal::CaptureStdout();
  OrderedOutput output;
  parallel_for(5000, 8, 1, [&](size_t i, int) { output.put(i, std::to_string(i) + "\n"); });
  std::string expected;
  for (int i = 0; i < 5000; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(testing::internal::GetCapturedStdout(), expected);
}

TEST(Program, AReaderThatLeftIsNoFailure) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  int exit_code = -1;
  {
    const Redirected redirected(ends[1]);
    exit_code = run_program([] {
      write_output("text");
      return 7;
    });
  }
  close(ends[1]);
  EXPECT_EQ(exit_code, 0);
}

TEST(Program, AFullDiskIsADeviceError) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  testing::internal::CaptureStderr();
  int exit_code = -1;
  {
    const Redirected redirected(full);
    exit_code = run_program([] {
      write_output("text");
      return 0;
    });
  }
  close(full);
  EXPECT_EQ(exit_code, 4);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("gulo: standard output: cannot be written"), std::string::npos);
}

TEST(Program, ErrorsBecomeAMessageAndAnExitCode) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_program([]() -> int { throw Error(ErrorKind::kData, "is empty", "add files", "d/"); }), 3);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "gulo: d/: is empty\n  add files\n");
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_program([]() -> int { throw std::bad_alloc(); }), 4);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("out of memory\n  "), std::string::npos);
  EXPECT_EQ(run_program([] { return 1; }), 1);
}

}  // namespace
}  // namespace gulo
