#include "base/progress.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace gulo {
namespace {

// Standard error is a terminal of 40 columns while this lives.
class FakeTerminal {
 public:
  FakeTerminal() {
    winsize size{.ws_row = 24, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(openpty(&controller_, &terminal_, nullptr, nullptr, &size), 0);
    saved_ = dup(STDERR_FILENO);
    dup2(terminal_, STDERR_FILENO);
  }
  ~FakeTerminal() {
    if (saved_ >= 0) finish();
    close(controller_);
  }
  // What was written, with the terminal's \r\n for \n.
  std::string finish() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(terminal_);
    saved_ = -1;
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(controller_, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
    return text;
  }

 private:
  int controller_ = -1, terminal_ = -1, saved_ = -1;
};

class ProgressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C", 1);
  }
  void TearDown() override { Progress::set_enabled(true); }
};

TEST_F(ProgressTest, RedrawsOneLineCutToTheTerminal) {
  FakeTerminal terminal;
  {
    Progress progress("reading");
    progress.update(0.5, "120 files and a note that is much too long for it", 7);
  }
  EXPECT_EQ(terminal.finish(), "\rreading  [##########..........]  50 %  \x1b[K\r\n");
}

TEST_F(ProgressTest, CountsCharactersNotBytes) {
  setenv("LC_ALL", "C.UTF-8", 1);
  FakeTerminal terminal;
  {
    Progress("wide").update(1, "x");
  }
  EXPECT_EQ(terminal.finish(), "\rwide     ████████████████████ 100 %  x\x1b[K\r\n");
}

TEST_F(ProgressTest, SaysWhatIsLeftAndHowItEnded) {
  FakeTerminal terminal;
  {
    Progress progress("d");
    progress.update(-1, "s", 65);
    progress.finish("done");
  }
  const std::string text = terminal.finish();
  EXPECT_NE(text.find("s  1 min 05 s left\x1b[K"), std::string::npos) << text;
  EXPECT_EQ(text.substr(text.size() - 2), "\r\n");
}

TEST_F(ProgressTest, DrawsAtMostTenTimesASecond) {
  FakeTerminal terminal;
  {
    Progress progress("deep");
    for (int i = 0; i < 1000; ++i) progress.update(0.1, "note");
  }
  const std::string text = terminal.finish();
  EXPECT_LE(std::count(text.begin(), text.end(), '\x1b'), 3);
  EXPECT_GE(std::count(text.begin(), text.end(), '\x1b'), 1);
}

TEST_F(ProgressTest, NoMoreIsLeftThanAPhaseMayTake) {
  FakeTerminal terminal;
  {
    Progress progress("wide", 60);
    progress.update(-1, "s", 65);
  }
  EXPECT_NE(terminal.finish().find("s  1 min 00 s left"), std::string::npos);
}

TEST_F(ProgressTest, AWarningLeavesTheBarsLine) {
  FakeTerminal terminal;
  Progress progress("deep");
  progress.update(0, "note");
  warn("careful");
  EXPECT_NE(terminal.finish().find("\x1b[K\r\ngulo: warning: careful\r\n"), std::string::npos);
}

TEST_F(ProgressTest, WithoutATerminalOnlyTheEndOfAShortPhaseIsSaid) {
  testing::internal::CaptureStderr();
  {
    Progress progress("reading");
    progress.update(0.5, "half");
    progress.finish("12 files");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.substr(0, text.find("  in ")), "reading  100 %  12 files");
  EXPECT_EQ(text.back(), '\n');
}

TEST_F(ProgressTest, DisabledItIsSilentButForWarningsAndErrors) {
  Progress::set_enabled(false);
  testing::internal::CaptureStderr();
  Progress("reading").finish("12 files");
  say("plain");
  warn("careful");
  complain("broken");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "gulo: warning: careful\ngulo: broken\n");
}

}  // namespace
}  // namespace gulo
