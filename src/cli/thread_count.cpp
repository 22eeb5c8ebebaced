#include "base/threads.h"
#include "cli/commands.h"

namespace gulo {

int thread_count(const Options& options) { return options.threads > 0 ? options.threads : available_threads(); }

}  // namespace gulo
