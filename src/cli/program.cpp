#include "cli/program.h"

#include <csignal>
#include <new>

#include "base/error.h"
#include "base/progress.h"
#include "cli/output.h"

namespace gulo {

int run_program(const std::function<int()>& program) {
  // A write to a closed pipe shall come back as an error that write_output knows, and not end the program.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return program();
  } catch (const OutputClosed&) {
    return 0;
  } catch (const Error& error) {
    complain(error.what());
    return static_cast<int>(error.kind());
  } catch (const std::bad_alloc&) {
    complain("out of memory\n  give less data at once, fewer --threads, or use a machine with more memory");
  } catch (const std::exception& error) {
    complain(std::string("internal error: ") + error.what() + "\n  please report it with the command that caused it");
  }
  return static_cast<int>(ErrorKind::kDevice);
}

}  // namespace gulo
