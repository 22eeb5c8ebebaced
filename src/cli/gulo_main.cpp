// gulo, the light program: everything that needs no LibTorch, and the way to gulo-engine for the rest.
#include "base/threads.h"
#include "cli/commands.h"
#include "cli/engine_launcher.h"
#include "cli/output.h"
#include "cli/program.h"

namespace {

using namespace gulo;

int run_with_model(const Options& options, char* const* argv) {
  const Model model = load_model(options.model);
  if (options.command == "info") return run_info(options, model);
  if (!runs_without_engine(model.spec)) run_engine(argv);
  const auto predictor = make_predictor(model, thread_count(options));
  return options.command == "test" ? run_test(options, model, *predictor) : run_predict(options, model, *predictor);
}

int run_command(const Options& options, char* const* argv) {
  if (options.command == "train" || options.command == "doctor") run_engine(argv);
  if (options.command == "compare") return run_compare(options);
  if (options.command == "completion") {
    write_output(completion_script(options.shell));
    return 0;
  }
  return run_with_model(options, argv);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program([&] {
    const ParsedCommandLine parsed = parse_command_line(argc, argv);
    return parsed.exit_code >= 0 ? parsed.exit_code : run_command(parsed.options, argv);
  });
}
