// gulo-engine: what gulo runs for the commands that need LibTorch, with the same command line.
#include <malloc.h>

#include "base/error.h"
#include "base/exit_at_once.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "engine/cli/engine_commands.h"
#include "engine/train/engine_predictor.h"

namespace {

using namespace gulo;

int run_command(const Options& options) {
  if (options.command == "train") return run_train(options);
  if (options.command == "doctor") return run_doctor(options);
  require(options.command == "test" || options.command == "predict", ErrorKind::kUsage,
          "gulo-engine does not know '" + options.command + "'",
          "run gulo instead: it starts gulo-engine where needed");
  const Model model = load_model(options.model);
  const auto predictor = make_engine_predictor(model, thread_count(options));
  return options.command == "test" ? run_test(options, model, *predictor) : run_predict(options, model, *predictor);
}

// Tensors of a few MiB are freed and taken again in every step; as pages of their own the kernel would clear them each
// time.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  exit_at_once(run_program([&] {
    const ParsedCommandLine parsed = parse_command_line(argc, argv);
    return parsed.exit_code >= 0 ? parsed.exit_code : run_command(parsed.options);
  }));
}
