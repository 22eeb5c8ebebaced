#include <chrono>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/test_items.h"
#include "cli/test_measures.h"

namespace gulo {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

auto measure_of(Task task) {
  switch (task) {
    case Task::kLabels:
      return test_labels;
    case Task::kNumber:
      return test_number;
    case Task::kLabel:
      break;
  }
  return test_label;
}

}  // namespace

int run_test(const Options& options, const Model& model, const Predictor& predictor) {
  const auto start = Clock::now();
  const Corpus corpus = read_test_items(options, model.spec);
  const std::vector<float> answers = answer_all(corpus, predictor, thread_count(options));
  const TestTiming timing{.wall_s = seconds_since(start), .n_items = corpus.n_items(), .n_bytes = corpus.n_bytes()};
  write_output(measure_of(model.spec.task)(options, model.spec, corpus, answers, timing));
  return 0;
}

}  // namespace gulo
