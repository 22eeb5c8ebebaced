#include "cli/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace gulo {
namespace {

constexpr size_t kColumns = 100;

// Words of `text` in lines of at most kColumns, all but the first indented.
std::string wrap(const std::string& text, size_t indent) {
  std::istringstream words(text);
  std::string wrapped, word;
  size_t column = indent;
  while (words >> word) {
    if (column > indent && column + 1 + word.size() > kColumns) {
      wrapped.append("\n").append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += word.size();
  }
  return wrapped;
}

struct Entry {
  std::string left, right;
};

std::string table(const std::string& title, const std::vector<Entry>& entries) {
  if (entries.empty()) return "";
  size_t width = 0;
  for (const Entry& entry : entries) width = std::max(width, entry.left.size());
  std::string text = "\n" + title + ":\n";
  for (const Entry& entry : entries)
    text += fmt::format("  {:<{}}  {}\n", entry.left, width, wrap(entry.right, width + 4));
  return text;
}

std::string usage_line(const CommandRecord& command) {
  std::string line = "gulo " + command.name;
  for (const ArgumentRecord& argument : command.arguments)
    line += fmt::format(" {}{}", argument.name, argument.many ? "..." : "");
  for (const OptionRecord& record : option_records())
    if (record.required && record.accepted_by(command.name))
      line += fmt::format(" {} {}", record.short_name(), record.value_name);
  return line;
}

std::string option_left(const OptionRecord& record) {
  std::string left = record.short_name().empty() ? "    " : record.short_name() + ", ";
  left += record.long_name();
  return record.value_name.empty() ? left : left + " " + record.value_name;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

// What the help says about a value beside the help itself.
std::string option_right(const OptionRecord& record) {
  std::string right = record.help;
  if (!record.choices.empty()) right += " [" + joined(record.choices) + "]";
  if (record.required) right += " (required)";
  if (!record.default_text.empty()) right += " (default: " + record.default_text + ")";
  return right;
}

std::vector<Entry> option_entries(const CommandRecord& command) {
  std::vector<Entry> entries;
  for (const OptionRecord& record : option_records())
    if (record.accepted_by(command.name)) entries.push_back({option_left(record), option_right(record)});
  entries.push_back({"-h, --help", "this text"});
  return entries;
}

std::vector<Entry> argument_entries(const CommandRecord& command) {
  std::vector<Entry> entries;
  for (const ArgumentRecord& argument : command.arguments) {
    const std::string choices = argument.choices.empty() ? "" : " [" + joined(argument.choices) + "]";
    entries.push_back({argument.name, argument.help + choices});
  }
  return entries;
}

std::string examples(const CommandRecord& command) {
  std::vector<Entry> entries;
  for (const auto& example : command.examples) entries.push_back({example.line, example.meaning});
  return table("examples", entries);
}

std::string sentence(std::string text) {
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

// A pipe would end the cell.
std::string cell(std::string text) {
  for (size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) text.insert(i, 1, '\\');
  return text;
}

std::string markdown_options(const CommandRecord& command) {
  std::string rows;
  for (const OptionRecord& record : option_records()) {
    if (!record.accepted_by(command.name)) continue;
    const std::string short_name = record.short_name().empty() ? "" : fmt::format("`{}`, ", record.short_name());
    const std::string value = record.value_name.empty() ? "" : fmt::format(" {}", record.value_name);
    const std::string standard = record.required ? "required" : record.default_text;
    const std::string choices = record.choices.empty() ? "" : fmt::format(" ({})", joined(record.choices));
    rows += fmt::format("| {}`{}{}` | {} | {} |\n", short_name, record.long_name(), value, standard,
                        cell(record.help + choices));
  }
  return rows.empty() ? "" : "\n| option | default | meaning |\n|---|---|---|\n" + rows;
}

}  // namespace

std::string overview() {
  std::vector<Entry> commands;
  for (const CommandRecord& command : command_records()) commands.push_back({usage_line(command), command.summary});
  return "gulo learns to recognise raw data: labelled files and a budget of time in, a recogniser out.\n" +
         table("commands", commands) +
         table("examples", {{"gulo train mails/ -o mails.gulo", "folders mails/ham/, mails/spam/; one minute"},
                            {"gulo test mails.gulo new/", "how often is it wrong?"},
                            {"gulo predict mails.gulo new/1.eml", "new/1.eml: spam 0.987"}}) +
         "\n`gulo COMMAND --help` tells more; `gulo --version` prints the version.\n"
         "exit codes: 0 done, 1 some input failed, 2 wrong usage, 3 wrong data or model, 4 device or resources\n";
}

std::string command_help(const CommandRecord& command) {
  std::string text = sentence(command.summary);
  if (!command.details.empty()) text += " " + command.details;
  return "usage: " + usage_line(command) + " [options]\n\n" + wrap(text, 0) + "\n" +
         table("arguments", argument_entries(command)) + table("options", option_entries(command)) + examples(command);
}

std::string markdown_manual() {
  std::string text;
  for (const CommandRecord& command : command_records()) {
    text += fmt::format("### gulo {}\n\n`{} [options]`: {}.\n", command.name, usage_line(command), command.summary);
    if (!command.details.empty()) text += command.details + "\n";
    text += "\n";
    for (const Entry& argument : argument_entries(command))
      text += fmt::format("- `{}`: {}\n", argument.left, argument.right);
    text += markdown_options(command) + "\n```sh\n";
    for (const auto& example : command.examples)
      text += example.line + (example.meaning.empty() ? "" : "  # " + example.meaning) + "\n";
    text += "```\n\n";
  }
  return text;
}

}  // namespace gulo
