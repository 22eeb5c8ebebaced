#include <dlfcn.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace gulo {
namespace {

// Of a libhwy that knows more targets than the headers that gulo was compiled with, those that both know.
TEST(HighwayTargets, AreThoseOfHighwaysOwnLibrary) {
  void* library = dlopen("libhwy.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) GTEST_SKIP() << dlerror();
  const auto theirs = reinterpret_cast<int64_t (*)()>(dlsym(library, "_ZN3hwy16SupportedTargetsEv"));
  ASSERT_NE(theirs, nullptr);
  ASSERT_NE(theirs, &hwy::SupportedTargets);
  EXPECT_EQ(hwy::SupportedTargets() & HWY_TARGETS, theirs() & HWY_TARGETS);
  dlclose(library);
}

TEST(HighwayTargets, CanBeDisabled) {
  const int64_t all = hwy::SupportedTargets(), best = all & -all;
  hwy::DisableTargets(best);
  EXPECT_EQ(hwy::SupportedTargets() & best, best == all ? best : 0) << "one is always left";
  hwy::DisableTargets(0);
  EXPECT_EQ(hwy::SupportedTargets(), all);
}

}  // namespace
}  // namespace gulo
