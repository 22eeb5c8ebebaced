#include "cli/options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/expect_error.h"
#include "cli/manual.h"

namespace gulo {
namespace {

ParsedCommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "gulo");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

// The usage error of a wrong command line; message and hint in one text.
std::string refusal(const std::vector<const char*>& words) {
  try {
    parse(words);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
  return "";
}

TEST(CommandLine, TrainTakesEveryOptionOfTheDesign) {
  const Options options =
      parse({"train",     "data",    "-o",     "m.gulo",   "--budget", "2m",        "--as", "bytes",   "--label",
             "-1",        "--valid", "v",      "--device", "cpu",      "--seed",    "7",    "--steps", "5",
             "--threads", "2",       "--json", "--split",  "all",      "--max-bad", "0.5",  "--parts", "wide"})
          .options;
  EXPECT_EQ(options.command, "train");
  EXPECT_EQ(options.data, std::vector<std::string>{"data"});
  EXPECT_EQ(options.model, "m.gulo");
  EXPECT_EQ(options.budget_s, 120);
  EXPECT_EQ(options.as, "bytes");
  EXPECT_EQ(options.label, "-1");
  EXPECT_EQ(options.valid, "v");
  EXPECT_EQ(options.device, "cpu");
  EXPECT_EQ(options.seed, 7);
  EXPECT_EQ(options.steps, 5);
  EXPECT_EQ(options.threads, 2);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.split, "all");
  EXPECT_EQ(options.max_bad, 0.5);
  EXPECT_EQ(options.parts, "wide");
}

TEST(CommandLine, MemoryIsASize) {
  EXPECT_EQ(parse({"train", "data", "-o", "m", "--memory", "1.5G"}).options.memory_bytes, 3ull << 29);
  EXPECT_EQ(parse({"test", "m", "data", "--memory=64M"}).options.memory_bytes, 64u << 20);
  EXPECT_EQ(parse({"train", "data", "-o", "m"}).options.memory_bytes, 0u);
  error_text(ErrorKind::kUsage, [] { parse({"train", "data", "-o", "m", "--memory", "much"}); });
  error_text(ErrorKind::kUsage, [] { parse({"train", "data", "-o", "m", "--memory", "15M"}); });
}

TEST(CommandLine, PredictTakesManyFilesAndOptionsAnywhere) {
  const Options options = parse({"predict", "m", "a", "-r", "b", "-", "--top=3", "--format", "csv", "test"}).options;
  EXPECT_EQ(options.model, "m");
  EXPECT_EQ(options.data, (std::vector<std::string>{"a", "b", "-", "test"}));
  EXPECT_TRUE(options.recursive);
  EXPECT_EQ(options.top, 3);
  EXPECT_EQ(options.format, "csv");
}

TEST(CommandLine, NamesThatLookLikeOptionsStandBehindTwoDashes) {
  EXPECT_EQ(parse({"predict", "m", "--", "--top", "-r"}).options.data, (std::vector<std::string>{"--top", "-r"}));
}

TEST(CommandLine, TestInfoDoctorCompletion) {
  const Options test = parse({"test", "m", "d", "--report", "r.html", "--json"}).options;
  EXPECT_EQ(test.model, "m");
  EXPECT_EQ(test.data, std::vector<std::string>{"d"});
  EXPECT_EQ(test.report, "r.html");
  EXPECT_EQ(parse({"info", "m"}).options.model, "m");
  EXPECT_TRUE(parse({"doctor", "--json"}).options.json);
  EXPECT_EQ(parse({"completion", "fish"}).options.shell, "fish");
}

TEST(CommandLine, TheLastOfARepeatedOptionCounts) {
  EXPECT_EQ(parse({"train", "d", "-o", "m", "--budget", "1h", "--budget", "30s"}).options.budget_s, 30);
}

TEST(CommandLine, WrongUsageIsRefusedWithAHint) {
  EXPECT_NE(refusal({}).find("no command"), std::string::npos);
  EXPECT_NE(refusal({"trian", "d"}).find("did you mean train?"), std::string::npos);
  EXPECT_NE(refusal({"train", "d", "-o", "m", "--bugdet", "1m"}).find("did you mean --budget?"), std::string::npos);
  EXPECT_NE(refusal({"test", "m", "d", "--budget=1m"}).find("it belongs to gulo train"), std::string::npos);
  EXPECT_NE(refusal({"train", "d"}).find("--output"), std::string::npos);
  EXPECT_NE(refusal({"train", "-o", "m"}).find("DATA"), std::string::npos);
  EXPECT_NE(refusal({"predict", "m"}).find("FILE"), std::string::npos);
  EXPECT_NE(refusal({"test", "m", "d", "e"}).find("one argument too many: e"), std::string::npos);
  EXPECT_NE(refusal({"predict", "m", "f", "--format", "xml"}).find("jsonl"), std::string::npos);
  EXPECT_NE(refusal({"completion", "tcsh"}).find("fish"), std::string::npos);
}

TEST(CommandLine, ValuesOutOfRangeAreRefused) {
  EXPECT_NE(refusal({"predict", "m", "f", "--top", "0"}), "");
  EXPECT_NE(refusal({"predict", "m", "f", "--top", "two"}), "");
  EXPECT_NE(refusal({"predict", "m", "f", "--threads", "-1"}), "");
  EXPECT_NE(refusal({"predict", "m", "-", "-"}), "");
  EXPECT_NE(refusal({"test", "m", "d", "--max-bad", "1.5"}), "");
  EXPECT_NE(refusal({"test", "m", "d", "--max-bad", "nan"}), "");
  EXPECT_NE(refusal({"train", "d", "-o", "m", "--budget", "soon"}), "");
  EXPECT_NE(refusal({"train", "d", "-o", "m", "--budget", "0"}), "");
  EXPECT_NE(refusal({"train", "d", "-o", "m", "--steps", "99999999999999999999"}), "");
  EXPECT_NE(refusal({"train", "d", "-o", "m", "--valid", "v", "--valid-fraction", "0.2"}), "");
  EXPECT_NE(refusal({"train", "d", "-o", "m", "--budget"}), "");
}

TEST(CommandLine, HelpAndVersionAreAnsweredAtOnce) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
  EXPECT_EQ(parse({"--version"}).exit_code, 0);
  EXPECT_EQ(parse({"train", "--help"}).exit_code, 0);
  EXPECT_EQ(parse({"train", "-h", "--nonsense"}).exit_code, 0);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("gulo predict MODEL FILE..."), std::string::npos);
  EXPECT_NE(said.find("gulo " GULO_VERSION "\n"), std::string::npos);
  EXPECT_NE(said.find("--budget TIME"), std::string::npos);
  EXPECT_EQ(parse({"info", "m"}).exit_code, -1);
}

// The default in Options and the text in its record say the same.
TEST(Records, DefaultsAreThoseOfTheStruct) {
  for (const OptionRecord& record : option_records()) {
    if (record.type == OptionType::kFlag || record.default_text.empty()) continue;
    Options options;
    options.command = record.commands.front();
    const nlohmann::json value = option_values(options).at(record.long_name().substr(2));
    EXPECT_EQ(value.is_string() ? value.get<std::string>() : value.dump(), record.default_text) << record.name;
  }
}

TEST(Records, AreCompleteAndOfKnownCommands) {
  std::set<std::string> names;
  for (const OptionRecord& record : option_records()) {
    EXPECT_TRUE(names.insert(record.long_name()).second) << record.name;
    EXPECT_TRUE(record.long_name().starts_with("--"));
    EXPECT_FALSE(record.help.empty());
    EXPECT_EQ(record.type == OptionType::kChoice, !record.choices.empty()) << record.name;
    EXPECT_EQ(record.type == OptionType::kFlag, record.value_name.empty()) << record.name;
    for (const std::string& command : record.commands) EXPECT_NE(find_command(command), nullptr) << command;
  }
}

TEST(Records, ValuesForTheTrainingRecordAreThoseOfTheCommand) {
  const nlohmann::json values = option_values(parse({"train", "d", "-o", "m", "--seed", "3"}).options);
  EXPECT_EQ(values.at("seed"), 3);
  EXPECT_EQ(values.at("output"), "m");
  EXPECT_FALSE(values.contains("top"));
}

TEST(Manual, EveryOptionAndExampleStandsInItsCommandsHelp) {
  for (const CommandRecord& command : command_records()) {
    const std::string help = command_help(command);
    EXPECT_NE(overview().find(command.summary), std::string::npos);
    EXPECT_FALSE(command.examples.empty());
    for (const auto& example : command.examples) EXPECT_NE(help.find(example.line), std::string::npos);
    for (const OptionRecord& record : option_records())
      EXPECT_EQ(help.find("  " + record.long_name()) != std::string::npos ||
                    help.find(", " + record.long_name()) != std::string::npos,
                record.accepted_by(command.name))
          << record.name << " " << command.name;
  }
}

TEST(Manual, LinesFitTheTerminal) {
  for (const CommandRecord& command : command_records()) {
    std::istringstream help(command_help(command));
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 110u) << line;
  }
}

}  // namespace
}  // namespace gulo
