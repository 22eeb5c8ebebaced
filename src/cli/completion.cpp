#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/options.h"

namespace gulo {
namespace {

// In single quotes, for every shell: a quote inside ends them, stands escaped, and opens them again.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandRecord& command : command_records()) names.push_back(command.name);
  return names;
}

std::vector<const OptionRecord*> options_of(const CommandRecord& command) {
  std::vector<const OptionRecord*> options;
  for (const OptionRecord& record : option_records())
    if (record.accepted_by(command.name)) options.push_back(&record);
  return options;
}

std::string words(const std::vector<std::string>& list) { return fmt::format("{}", fmt::join(list, " ")); }

// case "$previous" in --as) the choices ;; --budget) nothing to offer ;; and paths fall through to file names.
std::string bash_values() {
  std::string cases;
  for (const OptionRecord& record : option_records()) {
    if (record.type == OptionType::kFlag || record.type == OptionType::kPath) continue;
    const std::string offer =
        record.choices.empty() ? ""
                               : fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$current\")); ", words(record.choices));
    cases += fmt::format("    {}) {}compopt +o default; return ;;\n", record.long_name(), offer);
  }
  return cases;
}

std::string bash_options() {
  std::string cases;
  for (const CommandRecord& command : command_records()) {
    std::vector<std::string> names{"--help"};
    for (const OptionRecord* record : options_of(command)) {
      names.push_back(record->long_name());
      if (!record->short_name().empty()) names.push_back(record->short_name());
    }
    cases += fmt::format("    {}) options='{}' ;;\n", command.name, words(names));
  }
  return cases;
}

std::string bash_arguments() {
  std::string cases;
  for (const CommandRecord& command : command_records())
    for (const ArgumentRecord& argument : command.arguments)
      if (!argument.choices.empty())
        cases += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")) ;;\n", command.name,
                             words(argument.choices));
  return cases;
}

std::string bash_script() {
  return "# bash completion of gulo: source <(gulo completion bash)\n"
         "_gulo() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" options=''\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then\n" +
         fmt::format("    COMPREPLY=($(compgen -W '{} --help --version' -- \"$current\"))\n", words(command_names())) +
         "    return\n"
         "  fi\n"
         "  case \"$previous\" in\n" +
         bash_values() +
         "  esac\n"
         "  case \"${COMP_WORDS[1]}\" in\n" +
         bash_options() +
         "  esac\n"
         "  if [[ \"$current\" == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
         "    return\n"
         "  fi\n"
         "  case \"${COMP_WORDS[1]}\" in\n" +
         bash_arguments() +
         "  esac\n"
         "}\n"
         "complete -o default -F _gulo gulo\n";
}

// [, ] and : part the fields of zsh's specifications.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_action(const OptionRecord& record) {
  if (record.type == OptionType::kFlag) return "";
  std::string action = fmt::format(":{}:", record.value_name);
  if (!record.choices.empty()) action += fmt::format("({})", words(record.choices));
  if (record.type == OptionType::kPath) action += "_files";
  return action;
}

std::string zsh_specifications(const CommandRecord& command) {
  std::string lines;
  const auto add = [&](const std::string& specification) { lines += "      " + quoted(specification) + " \\\n"; };
  for (const OptionRecord* record : options_of(command)) {
    const std::string rest = fmt::format("[{}]{}", zsh_text(record->help), zsh_action(*record));
    add(record->long_name() + rest);
    if (!record->short_name().empty()) add(record->short_name() + rest);
  }
  for (const ArgumentRecord& argument : command.arguments) {
    const std::string action = argument.choices.empty() ? "_files" : fmt::format("({})", words(argument.choices));
    add(fmt::format("{}:{}:{}", argument.many ? "*" : "", argument.name, action));
  }
  return lines + "      '(-h --help)'{-h,--help}'[help]' ;;\n";
}

std::string zsh_script() {
  std::string commands, cases;
  for (const CommandRecord& command : command_records()) {
    commands += "    " + quoted(command.name + ":" + zsh_text(command.summary)) + "\n";
    cases += fmt::format("    {}) _arguments \\\n", command.name) + zsh_specifications(command);
  }
  return "#compdef gulo\n"
         "# zsh completion of gulo: source <(gulo completion zsh), or as the file _gulo in $fpath\n"
         "_gulo() {\n"
         "  local -a commands=(\n" +
         commands +
         "  )\n"
         "  if ((CURRENT == 2)); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  local command=$words[2]\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [[ ${funcstack[1]} == _gulo ]]; then _gulo; else compdef _gulo gulo; fi\n";
}

std::string fish_script() {
  std::string script =
      "# fish completion of gulo: gulo completion fish > ~/.config/fish/completions/gulo.fish\n"
      "complete -c gulo -n __fish_use_subcommand -f -l help -d 'help'\n"
      "complete -c gulo -n __fish_use_subcommand -f -l version -d 'version'\n";
  for (const CommandRecord& command : command_records()) {
    script += fmt::format("complete -c gulo -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                          quoted(command.summary));
    const std::string here = fmt::format("complete -c gulo -n '__fish_seen_subcommand_from {}'", command.name);
    for (const OptionRecord* record : options_of(command)) {
      script += here + " -l " + record->long_name().substr(2);
      if (!record->short_name().empty()) script += " -s " + record->short_name().substr(1);
      if (record->type == OptionType::kPath)
        script += " -r -F";
      else if (!record->choices.empty())
        script += " -x -a " + quoted(words(record->choices));
      else if (record->type != OptionType::kFlag)
        script += " -x";
      script += " -d " + quoted(record->help) + "\n";
    }
    for (const ArgumentRecord& argument : command.arguments)
      if (!argument.choices.empty()) script += here + " -f -a " + quoted(words(argument.choices)) + "\n";
  }
  return script;
}

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  throw Error(ErrorKind::kUsage, fmt::format("there is no completion for the shell '{}'", shell), "bash, zsh or fish");
}

}  // namespace gulo
