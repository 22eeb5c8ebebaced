// Every option is one record; the parser, --help, shell completion, docs and the model's training record come from it.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

namespace gulo {

// What a command line asks for. Field names are the options' names; defaults here are the defaults there.
struct Options {
  std::string command{};            // train, test, predict, info, compare, doctor
  std::vector<std::string> data{};  // train: DATA; predict: FILE...; test: DATA
  std::string model{};              // -o MODEL for train; MODEL for the others
  std::string budget = "60s";
  double budget_s = 60;  // parsed from budget
  std::string as = "auto";
  std::string task = "auto";  // auto | label | labels | number
  std::string label{};        // column
  std::string column{};       // of text
  std::string valid{};        // DATA for validation; empty: valid_fraction of the training items
  double valid_fraction = 0.1;
  std::string unlabelled{};  // DATA whose labels nobody knows
  std::string device = "auto";
  long seed = 0;
  bool resume = false;
  std::string checkpoint = "auto";
  double checkpoint_s = -1;  // parsed from checkpoint; 0: never, -1: as the budget suggests
  long steps = 0;            // > 0: exactly so many deep steps instead of a budget
  int threads = 0;           // 0: all cores this process may use
  double max_bad = 0.01;
  std::string memory{};        // size; empty: half of the free memory
  uint64_t memory_bytes = 0;   // parsed from memory
  std::string split = "auto";  // auto: train/ for train, test/ for test; all | train | test
  std::string parts = "both";  // both | wide | deep: which parts of the learner train
  std::string report{};        // test, compare: HTML file
  bool balanced = false;
  bool no_augment = false;
  bool json = false;
  bool recursive = false;            // -r
  int top = 0;                       // so many labels; 0: the answer
  std::string format = "text";       // text | json | jsonl | csv
  bool curve = false;                // compare: also at other budgets
  std::vector<std::string> rival{};  // compare: the user's own, Python files
  std::string rivals{};              // compare: folder
  std::string only{};                // compare: part of a rival's name
  std::string rival_limit = "10m";
  std::string python{};
  std::string shell{};  // `gulo completion bash|zsh|fish`
};

enum class OptionType { kText, kNumber, kInteger, kDuration, kFlag, kChoice, kPath };

// Where a value goes.
using OptionField = std::variant<std::string Options::*, double Options::*, long Options::*, int Options::*,
                                 bool Options::*, std::vector<std::string> Options::*>;

struct OptionRecord {
  std::string name{};  // "--budget", or "-o,--output"
  OptionType type{};
  OptionField field{};
  std::string value_name{};  // "TIME", "FILE"
  std::string default_text{};
  std::vector<std::string> choices{};  // kChoice
  std::string help{};
  std::vector<std::string> commands{};  // where it is accepted
  double minimum = std::numeric_limits<double>::lowest();
  double maximum = std::numeric_limits<double>::max();
  bool required = false;
  std::string excludes{};  // the option that must not stand beside it

  std::string long_name() const;   // "--output"
  std::string short_name() const;  // "-o", or empty
  bool accepted_by(const std::string& command) const;
};

// A word without dashes: gulo test MODEL DATA.
struct ArgumentRecord {
  std::string name{};  // "FILE"
  OptionField field{};
  std::string help{};
  bool many = false;
  std::vector<std::string> choices{};
};

struct CommandRecord {
  std::string name{};
  std::string summary{};  // one line
  std::string details{};  // a paragraph
  std::vector<ArgumentRecord> arguments{};
  struct Example {
    std::string line, meaning;
  };
  std::vector<Example> examples{};
};

const std::vector<OptionRecord>& option_records();
const std::vector<CommandRecord>& command_records();
// Null where there is no such command.
const CommandRecord* find_command(const std::string& name);

// Parses argv. --help and --version are answered here: `exit_code` >= 0 means that everything is said and main returns
// it. Throws Error (kUsage) with a hint ("did you mean --budget?").
struct ParsedCommandLine {
  Options options;
  int exit_code = -1;
};
ParsedCommandLine parse_command_line(int argc, const char* const* argv);

// The values of the options that options.command accepts, by long name without dashes: for the training record.
nlohmann::json option_values(const Options& options);

// Completion script made from the records; shell is bash, zsh or fish. Throws Error (kUsage).
std::string completion_script(const std::string& shell);

}  // namespace gulo
