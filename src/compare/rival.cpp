#include "compare/rival.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace gulo {
namespace {

std::string_view without_blanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    lines.push_back(without_blanks(text.substr(0, length)));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return lines;
}

// What stands behind "# KEY:"; empty: no such line.
std::string header_value(std::string_view code, const std::string& key) {
  const std::string begin = "# " + key + ":";
  for (const std::string_view line : lines_of(code))
    if (line.starts_with(begin)) return std::string(without_blanks(line.substr(begin.size())));
  return "";
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

bool is_of_the_clock(std::string_view line) {
  return line == "from clock import preprocessing" || line == "with preprocessing():";
}

constexpr std::string_view kTripleQuotes[] = {"\"\"\"", "'''"};

// The quotes that end the text which this line begins and does not end; empty: there is none.
std::string_view opened_text(std::string_view line) {
  for (const std::string_view quotes : kTripleQuotes) {
    size_t n_found = 0;
    for (size_t at = 0; (at = line.find(quotes, at)) != std::string_view::npos; at += quotes.size()) ++n_found;
    if (n_found % 2 == 1) return quotes;
  }
  return {};
}

}  // namespace

Rival read_rival(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  require(file.good(), ErrorKind::kUsage, "cannot be read", "a rival is one Python file with fit and predict", path);
  Rival rival;
  rival.code.assign(std::istreambuf_iterator<char>(file), {});
  rival.path = std::filesystem::absolute(path).string();
  rival.name = header_value(rival.code, "rival");
  if (rival.name.empty()) rival.name = std::filesystem::path(path).stem().string();
  rival.packages = words_of(header_value(rival.code, "packages"));
  rival.n_lines = count_code_lines(rival.code);
  return rival;
}

std::vector<Rival> rivals_of_kind(const std::string& folder, const std::string& kind) {
  std::vector<std::string> paths;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(folder) / kind, absent))
    if (entry.path().extension() == ".py") paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  std::vector<Rival> rivals;
  for (const std::string& path : paths) rivals.push_back(read_rival(path));
  return rivals;
}

std::string rivals_folder(const std::string& asked) {
  const std::string program = program_folder();
  std::vector<std::string> places{program + "/rivals", program + "/../rivals", program + "/../share/gulo/rivals"};
  if (!asked.empty()) places = {asked};
  for (const std::string& place : places)
    if (std::filesystem::exists(place + "/run.py")) return std::filesystem::canonical(place).string();
  throw Error(ErrorKind::kUsage, "there is no folder of rivals (one with run.py)",
              "--rivals FOLDER names the folder rivals/ of gulo's sources", asked);
}

int count_code_lines(std::string_view code) {
  int n_lines = 0;
  std::string_view closing;  // of the text over several lines that we are in
  bool is_value = false;     // it is a value of the program, and no documentation
  for (const std::string_view line : lines_of(code)) {
    if (!closing.empty()) {
      n_lines += is_value && !line.empty();
      if (line.find(closing) != std::string_view::npos) closing = {};
      continue;
    }
    if (line.empty() || line[0] == '#' || is_of_the_clock(line)) continue;
    is_value = !line.starts_with(kTripleQuotes[0]) && !line.starts_with(kTripleQuotes[1]);
    n_lines += is_value;
    closing = opened_text(line);
  }
  return n_lines;
}

}  // namespace gulo
