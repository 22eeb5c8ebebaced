// The way from the light program to gulo-engine.
#pragma once

namespace gulo {

// Replaces this process by gulo-engine, which lies in the same folder, with the same arguments; signals and exit codes
// need no passing on. Returns only by throwing Error (kDevice): it is absent or cannot be started.
[[noreturn]] void run_engine(char* const* argv);

}  // namespace gulo
