// Time as the user counts it: from the start of the process, the loading of libraries included.
#pragma once

namespace gulo {

// Wall seconds since this process (not program: exec does not reset it) started.
double seconds_since_process_start();
// Of a clock that never goes back and stands while the machine sleeps, since some moment: for differences.
double now_s();
// The most memory that the process had in use so far, in bytes.
double peak_memory_bytes();

}  // namespace gulo
