#include "base/progress.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "base/terminal.h"
#include "base/units.h"

namespace gulo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBarCells = 20;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(5);

std::atomic<bool> enabled = true;
// A bar stands on the current line: whoever writes next to standard error first has to leave that line.
std::atomic<bool> line_open = false;

// One write a line, so that lines of several threads do not mix. A closed standard error is no reason to stop.
void write_error(const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

void write_own_line(const std::string& text) {
  write_error(fmt::format("{}{}\n", line_open.exchange(false) ? "\n" : "", text));
}

bool can_redraw() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string bar(double fraction) {
  const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * kBarCells));
  const bool utf8 = terminal_speaks_utf8();
  std::string text = utf8 ? "" : "[";
  for (int i = 0; i < kBarCells; ++i) text += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  return utf8 ? text : text + "]";
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// The first `columns` characters; every character that we write is one column wide.
std::string cut_to_columns(const std::string& text, size_t columns) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i]) && ++seen > columns) return text.substr(0, i);
  }
  return text;
}

double estimate_seconds_left(double fraction, double elapsed_s) {
  // The first few percent say little about the rest.
  if (fraction < 0.02 || fraction >= 1) return -1;
  return elapsed_s * (1 - fraction) / fraction;
}

}  // namespace

Progress::Progress(std::string phase, double most_s)
    : phase_(std::move(phase)),
      most_s_(most_s),
      start_(Clock::now()),
      last_draw_(start_ - kRedrawEvery),
      on_terminal_(can_redraw()) {
  // Without a terminal the first line comes after kLineEvery: short phases then say only how they ended.
  if (!on_terminal_) last_draw_ = start_;
}

Progress::~Progress() {
  if (drawn_ && !finished_ && on_terminal_ && line_open.exchange(false)) write_error("\n");
}

void Progress::update(double fraction, const std::string& note, double seconds_left) {
  const auto now = Clock::now();
  if (now - last_draw_ < (on_terminal_ ? Clock::duration(kRedrawEvery) : Clock::duration(kLineEvery))) return;
  last_draw_ = now;
  draw(fraction, note, seconds_left, false);
}

void Progress::finish(const std::string& note) {
  if (finished_) return;
  draw(1, note, -1, true);
  finished_ = true;
}

void Progress::draw(double fraction, const std::string& note, double seconds_left, bool last) {
  if (!enabled) return;
  std::string line = fmt::format("{:<8} ", phase_);
  if (fraction >= 0 && on_terminal_) line += bar(fraction) + " ";
  if (fraction >= 0) line += fmt::format("{:3.0f} %  ", std::clamp(fraction, 0.0, 1.0) * 100);
  line += note;
  const double elapsed_s = std::chrono::duration<double>(Clock::now() - start_).count();
  if (last) {
    line += "  in " + format_duration(elapsed_s);
  } else {
    if (seconds_left < 0) seconds_left = estimate_seconds_left(fraction, elapsed_s);
    seconds_left = std::min(seconds_left, std::max(0.0, most_s_ - elapsed_s));
    if (seconds_left >= 0) line += "  " + format_duration(std::round(seconds_left)) + " left";
  }
  if (on_terminal_) {
    // One column stays free: a character in the last one makes some terminals wrap.
    line = fmt::format("\r{}\x1b[K{}", cut_to_columns(line, terminal_columns() - 1), last ? "\n" : "");
    line_open = !last;
  } else {
    line += "\n";
  }
  write_error(line);
  drawn_ = true;
}

void Progress::set_enabled(bool value) { enabled = value; }

void complain(const std::string& text) { write_own_line("gulo: " + text); }

void warn(const std::string& text) { write_own_line("gulo: warning: " + text); }

void say(const std::string& text) {
  if (enabled) write_own_line(text);
}

}  // namespace gulo
