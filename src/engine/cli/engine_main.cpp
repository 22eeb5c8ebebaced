// gulo-engine: what gulo runs for the commands that need LibTorch, with the same command line.
#include "base/error.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "engine/cli/engine_commands.h"

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

}  // namespace

int main(int argc, char** argv) {
  return run_program([&] {
    const ParsedCommandLine parsed = parse_command_line(argc, argv);
    return parsed.exit_code >= 0 ? parsed.exit_code : run_command(parsed.options);
  });
}
