// Progress on standard error: phase, bar, time left. A bar that is redrawn on a terminal, else a plain line every few
// seconds. Quiet when standard error is closed or set_enabled(false).
#pragma once

#include <chrono>
#include <cmath>
#include <string>

namespace gulo {

class Progress {
 public:
  // `phase` is a word or two: "reading", "wide", "deep". No time left is shown that would end it after most_s seconds.
  explicit Progress(std::string phase, double most_s = INFINITY);
  // Ends the line, with the last note kept on screen.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // fraction in [0, 1] (negative: unknown); note: "step 120  loss 0.31  valid 2.1 %  38 MB/s". seconds_left < 0:
  // estimated from the fraction done. Cheap to call often: it draws at most 10 times a second, or one line every 5
  // seconds.
  void update(double fraction, const std::string& note, double seconds_left = -1);
  // Draws now, whatever the clock says, and ends the line.
  void finish(const std::string& note);

  static void set_enabled(bool enabled);

 private:
  void draw(double fraction, const std::string& note, double seconds_left, bool last);

  std::string phase_;
  double most_s_;
  std::chrono::steady_clock::time_point start_, last_draw_;
  bool on_terminal_, drawn_ = false, finished_ = false;
};

// An error for the person at the terminal: "gulo: TEXT" on standard error.
void complain(const std::string& text);
// A warning for the person at the terminal: "gulo: warning: TEXT" on standard error.
void warn(const std::string& text);
// A plain line for the person at the terminal, on standard error; dropped when progress is disabled.
void say(const std::string& text);

}  // namespace gulo
