#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/progress.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "compare/comparison.h"
#include "compare/comparison_page.h"
#include "compare/comparison_table.h"

namespace gulo {
namespace {

CompareOptions compare_options(const Options& options) {
  CompareOptions compare;
  compare.data = options.data.at(0);
  compare.budget = options.budget;
  compare.budget_s = options.budget_s;
  compare.layout.as = options.as;
  compare.layout.label_column = options.label;
  compare.layout.column = options.column;
  compare.layout.max_bad_fraction = options.max_bad;
  compare.layout.seed = static_cast<uint64_t>(options.seed);
  compare.layout.n_threads = thread_count(options);
  compare.curve = options.curve;
  compare.rivals_folder = options.rivals;
  compare.own_rivals = options.rival;
  compare.only = options.only;
  compare.python = options.python;
  compare.rival_limit_s = parse_duration_s(options.rival_limit);
  return compare;
}

}  // namespace

int run_compare(const Options& options) {
  std::optional<AtomicFile> page;  // made first: that it cannot be written shall not be found out hours later
  if (!options.report.empty()) page.emplace(options.report);
  const Comparison comparison = compare(compare_options(options));
  if (page) {
    page->write(comparison_page(comparison));
    page->commit();
    say("report: " + options.report);
  }
  // Names may be no UTF-8.
  const auto replace = nlohmann::json::error_handler_t::replace;
  write_output(options.json ? to_json(comparison).dump(-1, ' ', false, replace) + "\n" : comparison_table(comparison));
  return 0;
}

}  // namespace gulo
