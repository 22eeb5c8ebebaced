// The level that signals are brought to before the stem's filters see them.
#pragma once

namespace gulo {

// Silence is brought to no level: an RMS far below this one stays near zero. Of 16-bit sound it is 8 steps.
inline constexpr double kLevelFloor = 2.5e-4;
// What stands for infinity before and after the level is set: squares of the first are finite in double, those of the
// second in float after a sum over all taps.
inline constexpr float kLargestRaw = 1e30f, kLargestValue = 1e4f;

}  // namespace gulo
