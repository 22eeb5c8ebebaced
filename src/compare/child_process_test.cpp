#include "compare/child_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RunChild, GivesExitCodeOutputAndEnvironment) {
  const TemporaryTree tree;
  const ChildResult result = run_child({.words = {"sh", "-c", "echo $GULO_WORD; echo no >&2; exit 3"},
                                        .environment = {{"GULO_WORD", "yes"}},
                                        .output_path = tree.path("out"),
                                        .error_path = tree.path("err")});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_FALSE(result.timed_out);
  EXPECT_GT(result.peak_memory_bytes, 1e5);
  EXPECT_EQ(content(tree.path("out")), "yes\n");
  EXPECT_EQ(content(tree.path("err")), "no\n");
}

TEST(RunChild, KillsWhatTakesTooLongWithItsChildren) {
  const TemporaryTree tree;
  const ChildResult result =
      run_child({.words = {"sh", "-c", "(sleep 60; touch " + tree.path("alive") + ") & sleep 60"}, .limit_s = 0.2});
  EXPECT_TRUE(result.timed_out);
  EXPECT_LT(result.wall_s, 30);
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST(RunChild, KeepsToItsCores) {
  const TemporaryTree tree;
  run_child({.words = {"nproc"}, .output_path = tree.path("out"), .n_cores = 1});
  EXPECT_EQ(content(tree.path("out")), "1\n");
}

TEST(RunChild, ThatIsAbsentIsAnError) {
  error_text(ErrorKind::kDevice, [] { run_child({.words = {"/nowhere/program"}}); });
}

TEST(RunChild, StopsWhenAsked) {
  const StopSignals signals;
  raise(SIGINT);
  error_text(ErrorKind::kSomeInputFailed, [] { run_child({.words = {"sleep", "60"}}); });
}

TEST(RunForked, PassesErrorsOn) {
  const TemporaryTree tree;
  run_forked([&] { tree.file("made", "x"); });
  EXPECT_EQ(content(tree.path("made")), "x");
  const auto text = error_text(ErrorKind::kUsage,
                               [] { run_forked([] { throw Error(ErrorKind::kUsage, "what", "hint", "where"); }); });
  EXPECT_EQ(text, Error(ErrorKind::kUsage, "what", "hint", "where").what());
  error_text(ErrorKind::kDevice, [] { run_forked([] { raise(SIGKILL); }); });
}

}  // namespace
}  // namespace gulo
