#include "cli/engine_launcher.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace gulo {

void run_engine(char* const* argv) {
  std::string engine = program_folder() + "/gulo-engine";
  require(access(engine.c_str(), F_OK) == 0, ErrorKind::kDevice, "is not there, and this command needs it",
          "build it with `make build`, which needs the torch wheel (see README)", engine);
  // OpenMP's threads spin after their work by default and take the cores from the feed's threads. The runtime reads
  // this when it is loaded, before main, so it must be there before the engine starts.
  setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
  std::vector<char*> arguments{engine.data()};
  for (char* const* word = argv + 1; *word != nullptr; ++word) arguments.push_back(*word);
  arguments.push_back(nullptr);
  execv(engine.c_str(), arguments.data());
  throw Error(ErrorKind::kDevice, std::string("cannot be started: ") + std::strerror(errno), "", engine);
}

}  // namespace gulo
