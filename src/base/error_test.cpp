#include "base/error.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(Error, SaysWhereWhatAndWhatToDoNext) {
  const Error error(ErrorKind::kData, "is empty", "give a folder LABEL/FILE", "mails/");
  EXPECT_STREQ(error.what(), "mails/: is empty\n  give a folder LABEL/FILE");
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_EQ(error.message(), "is empty");
  EXPECT_EQ(error.hint(), "give a folder LABEL/FILE");
  EXPECT_EQ(error.path(), "mails/");
}

TEST(Error, LeavesOutWhatIsNotGiven) { EXPECT_STREQ(Error(ErrorKind::kUsage, "no command").what(), "no command"); }

TEST(Error, RequireThrowsOnlyWhereTheConditionFails) {
  EXPECT_NO_THROW(require(true, ErrorKind::kData, "never"));
  EXPECT_THROW(require(false, ErrorKind::kData, "always"), Error);
}

// Scripts depend on the exit codes.
TEST(Error, KindsAreTheExitCodes) {
  EXPECT_EQ(static_cast<int>(ErrorKind::kSomeInputFailed), 1);
  EXPECT_EQ(static_cast<int>(ErrorKind::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ErrorKind::kData), 3);
  EXPECT_EQ(static_cast<int>(ErrorKind::kDevice), 4);
}

}  // namespace
}  // namespace gulo
