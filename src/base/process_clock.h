// Time as the user counts it: from the start of the process, the loading of libraries included.
#pragma once

namespace gulo {

// Wall seconds since this process (not program: exec does not reset it) started.
double seconds_since_process_start();
// The most memory that the process had in use so far, in bytes.
double peak_memory_bytes();

}  // namespace gulo
