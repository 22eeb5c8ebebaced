// Ordinary preprocess-first pipelines, each a Python file (docs/compare.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gulo {

struct Rival {
  std::string name;  // "# rival: ..." in its first lines, else the file's name
  std::string path;
  std::vector<std::string> packages;  // "# packages: scikit-learn lightgbm": what pip is to install
  std::string code;                   // the whole file
  int n_lines = 0;                    // count_code_lines(code)
};

// Throws Error (kUsage) where there is no such file.
Rival read_rival(const std::string& path);

// The rivals of a kind (text, bytes, pixels, sound, series, cells): FOLDER/KIND/*.py, by name. Empty where there are
// none.
std::vector<Rival> rivals_of_kind(const std::string& folder, const std::string& kind);

// The folder with the rivals: `asked` (--rivals), else beside the program, above it, or where it was installed. Throws
// Error (kUsage) where there is none that holds run.py.
std::string rivals_folder(const std::string& asked);

// Lines of Python that a person has to write and keep: without blank lines, comments, documentation strings, and the
// two lines by which a rival tells the clock that it preprocesses.
int count_code_lines(std::string_view code);

}  // namespace gulo
