#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "base/error.h"
#include "cli/options.h"

namespace gulo {
namespace {

// Whether the scripts work in their shells is tests/cli_test.py's part; here: nothing is forgotten.
TEST(Completion, EveryRecordStandsInEveryScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    for (const CommandRecord& command : command_records())
      EXPECT_NE(script.find(command.name), std::string::npos) << shell << " " << command.name;
    for (const OptionRecord& record : option_records()) {
      const std::string name = shell == std::string("fish") ? "-l " + record.long_name().substr(2) : record.long_name();
      EXPECT_NE(script.find(name), std::string::npos) << shell << " " << record.name;
    }
    EXPECT_NE(script.find("text json jsonl csv"), std::string::npos) << shell;
  }
}

TEST(Completion, AnUnknownShellIsAUsageError) {
  try {
    completion_script("tcsh");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace gulo
