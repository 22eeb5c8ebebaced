#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <span>

#include "base/error.h"
#include "base/units.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/output.h"

namespace gulo {
namespace {

Error usage_error(const std::string& message, const std::string& hint) {
  return Error(ErrorKind::kUsage, message, hint);
}

// Levenshtein's distance, one row at a time.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// "did you mean X? " or nothing where no candidate is near.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  const auto distance = [&](const std::string& candidate) { return edit_distance(word, candidate); };
  const auto best = std::ranges::min_element(candidates, {}, distance);
  // Two letters in each other's place are a distance of 2; half of a word is no misspelling any more.
  if (best == candidates.end()) return "";
  const size_t nearest = distance(*best);
  if (nearest > std::max<size_t>(2, word.size() / 3) || 2 * nearest > best->size()) return "";
  return "did you mean " + *best + "? ";
}

std::string see_help(const std::string& command) {
  return fmt::format("`gulo {}--help` tells more", command.empty() ? "" : command + " ");
}

void add_limits(CLI::Option& option, const OptionRecord& record) {
  if (!record.choices.empty()) option.check(CLI::IsMember(record.choices));
  const bool limited = record.minimum != OptionRecord{}.minimum || record.maximum != OptionRecord{}.maximum;
  if (!limited) return;
  option.check([&record](const std::string& text) -> std::string {
    double value = 0;
    if (!CLI::detail::lexical_cast(text, value)) return "";  // the conversion to the field's type says it
    if (value >= record.minimum && value <= record.maximum) return "";
    if (record.maximum == OptionRecord{}.maximum) return fmt::format("{} is below {}", text, record.minimum);
    return fmt::format("{} is not between {} and {}", text, record.minimum, record.maximum);
  });
}

void add_option(CLI::App& app, const OptionRecord& record, Options& options) {
  const auto add = [&](auto field) {
    if constexpr (std::is_same_v<decltype(field), bool Options::*>) {
      return app.add_flag(record.name, options.*field);
    } else {
      return app.add_option(record.name, options.*field);
    }
  };
  CLI::Option* option = std::visit(add, record.field);
  // The last one wins, so that an alias with defaults can be overridden.
  const bool list = std::holds_alternative<std::vector<std::string> Options::*>(record.field);
  if (list)
    option->allow_extra_args(false);  // one value each time that it is given: the next word is another argument
  else if (record.type != OptionType::kFlag)
    option->take_last();
  option->required(record.required);
  add_limits(*option, record);
}

void add_argument(CLI::App& app, const ArgumentRecord& record, Options& options) {
  const auto add = [&](auto field) -> CLI::Option* {
    if constexpr (std::is_same_v<decltype(field), std::vector<std::string> Options::*>) {
      if (record.many) return app.add_option(record.name, options.*field);
      // As a list it would take all words that follow, and CLI11 would count them instead of naming the one too many.
      const auto take = [&options, field](const std::string& word) { options.*field = {word}; };
      return app.add_option_function<std::string>(record.name, take);
    } else {
      return app.add_option(record.name, options.*field);
    }
  };
  CLI::Option* option = std::visit(add, record.field)->required();
  if (!record.choices.empty()) option->check(CLI::IsMember(record.choices));
}

void build_parser(CLI::App& app, const CommandRecord& command, Options& options) {
  app.allow_extras();  // what nobody knows is reported by refuse_extras
  for (const OptionRecord& record : option_records())
    if (record.accepted_by(command.name)) add_option(app, record, options);
  for (const OptionRecord& record : option_records())
    if (record.accepted_by(command.name) && !record.excludes.empty())
      app.get_option(record.long_name())->excludes(app.get_option(record.excludes));
  for (const ArgumentRecord& record : command.arguments) add_argument(app, record, options);
}

void refuse_extras(std::vector<std::string> extras, const CommandRecord& command) {
  // CLI11 counts the mark between options and names among what it does not know.
  std::erase(extras, "--");
  if (extras.empty()) return;
  const std::string word = extras.front().substr(0, extras.front().find('='));
  if (!word.starts_with('-'))
    throw usage_error(fmt::format("{}: one argument too many: {}", command.name, word), see_help(command.name));
  std::vector<std::string> names{"--help"};
  for (const OptionRecord& record : option_records())
    if (record.accepted_by(command.name)) names.push_back(record.long_name());
  std::string hint = did_you_mean(word, names);
  for (const OptionRecord& record : option_records()) {
    const bool elsewhere = record.long_name() == word || record.short_name() == word;
    if (elsewhere) hint = fmt::format("it belongs to gulo {}; ", fmt::join(record.commands, ", gulo "));
  }
  throw usage_error(fmt::format("{}: unknown option {}", command.name, word), hint + see_help(command.name));
}

void parse_with(CLI::App& app, const CommandRecord& command, std::span<const char* const> words) {
  // CLI11 takes the words in reverse.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    throw;
  } catch (const CLI::ParseError& error) {
    // An unknown option is often why something seems missing: it is the better message.
    refuse_extras(app.remaining(), command);
    throw usage_error(fmt::format("{}: {}", command.name, error.what()), see_help(command.name));
  }
  refuse_extras(app.remaining(), command);
}

constexpr uint64_t kLeastMemoryBytes = 16 << 20;

void finish_options(Options& options) {
  options.budget_s = parse_duration_s(options.budget);
  if (options.budget_s <= 0) throw usage_error("--budget must be above zero", "write 30s, 2m or 1h");
  if (!options.memory.empty()) options.memory_bytes = parse_size_bytes(options.memory);
  if (!options.memory.empty() && options.memory_bytes < kLeastMemoryBytes)
    throw usage_error("--memory must be at least 16M", "write 512M or 8G");
  if (options.checkpoint != "auto")
    options.checkpoint_s = options.checkpoint == "never" ? 0 : parse_duration_s(options.checkpoint);
  if (options.command == "predict" && std::ranges::count(options.data, "-") > 1)
    throw usage_error("predict: standard input (-) can be read once only", see_help("predict"));
}

int say_on_output(const std::string& text) {
  write_output(text);
  return 0;
}

Error unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const CommandRecord& command : command_records()) names.push_back(command.name);
  return usage_error(fmt::format("there is no command '{}'", word), did_you_mean(word, names) + see_help(""));
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, const char* const* argv) {
  ParsedCommandLine parsed;
  const std::span<const char* const> words(argv + std::min(argc, 1), static_cast<size_t>(std::max(0, argc - 1)));
  if (words.empty())
    throw usage_error("no command", "say train, test, predict, info, compare or doctor; " + see_help(""));
  const std::string first = words[0];
  if (first == "--help" || first == "-h" || first == "help") return {{}, say_on_output(overview())};
  if (first == "--version") return {{}, say_on_output("gulo " GULO_VERSION "\n")};
  // Not in the records, as it is for the makers of docs/commands.md only.
  if (first == "markdown") return {{}, say_on_output(markdown_manual())};

  const CommandRecord* command = find_command(first);
  if (command == nullptr) throw unknown_command(first);
  parsed.options.command = first;
  CLI::App app;
  build_parser(app, *command, parsed.options);
  try {
    parse_with(app, *command, words.subspan(1));
  } catch (const CLI::CallForHelp&) {
    return {{}, say_on_output(command_help(*command))};
  }
  finish_options(parsed.options);
  return parsed;
}

}  // namespace gulo
