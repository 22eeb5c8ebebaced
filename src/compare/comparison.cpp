#include "compare/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/lower.h"
#include "base/progress.h"
#include "base/units.h"
#include "compare/child_process.h"
#include "compare/gulo_runner.h"
#include "compare/rival.h"
#include "compare/rival_environment.h"
#include "compare/rival_runner.h"
#include "compare/verdict.h"

namespace gulo {
namespace {

namespace fs = std::filesystem;
constexpr double kCurveFactors[] = {0.25, 0.5, 1, 2, 4};
constexpr uint64_t kUnevenRatio = 3;

// Gone at the end, with all that the contestants left in it.
class WorkFolder {
 public:
  WorkFolder() {
    std::error_code none;
    std::string pattern = (fs::temp_directory_path(none) / "gulo_compare_XXXXXX").string();
    require(mkdtemp(pattern.data()) != nullptr, ErrorKind::kDevice, "no folder can be made there",
            "TMPDIR names another place", pattern);
    path_ = pattern;
    fs::create_directory(path_ + "/data");
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  std::string path() const { return path_; }
  std::string data() const { return path_ + "/data"; }

 private:
  std::string path_;
};

// The user's own come whatever --only says.
std::vector<Rival> choose_rivals(const CompareOptions& options, const std::string& folder, const std::string& kind) {
  std::vector<Rival> rivals = rivals_of_kind(folder, kind);
  std::erase_if(rivals,
                [&](const Rival& rival) { return lower(rival.name).find(lower(options.only)) == std::string::npos; });
  for (const std::string& path : options.own_rivals) rivals.push_back(read_rival(path));
  require(!rivals.empty(), ErrorKind::kUsage,
          options.only.empty() ? "there is no rival for items of kind " + kind
                               : fmt::format("no rival for items of kind {} is called '{}'", kind, options.only),
          "--rival FILE.py adds your own", folder);
  return rivals;
}

// Of the rivals' own: files lie elsewhere for each session, and the user's are known before hours are spent.
void check_own_rivals(const CompareOptions& options) {
  for (const std::string& path : options.own_rivals) read_rival(path);
}

bool is_uneven(const std::vector<int>& truth) {
  std::map<int, uint64_t> counts;
  for (const int label : truth) ++counts[label];
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(),
                                                 [](const auto& a, const auto& b) { return a.second < b.second; });
  return most->second >= kUnevenRatio * least->second;
}

std::string command_of(const CompareOptions& options) {
  const LayoutOptions& layout = options.layout;
  std::string command = fmt::format("gulo train {} -o model.gulo --budget {}", options.data, options.budget);
  if (layout.as != "auto") command += " --as " + layout.as;
  if (!layout.label_column.empty()) command += " --label " + layout.label_column;
  if (!layout.column.empty()) command += " --column " + layout.column;
  return command + "\ngulo predict model.gulo ITEM...\n";
}

void say_result(const Contestant& contestant) {
  say(fmt::format("{}: {} error in {}", contestant.name, format_percent(contestant.error),
                  format_duration(contestant.total_s())));
}

Contestant scored_gulo(const CompareOptions& options, double factor, const Comparison& comparison,
                       const std::string& folder) {
  const GuloRun run{
      .budget_s = factor * options.budget_s, .seed = options.layout.seed, .n_cores = options.layout.n_threads};
  say(fmt::format("gulo, {}", format_duration(run.budget_s)));
  Contestant gulo = run_gulo(run, comparison.laid, folder);
  gulo.code = command_of(options);
  score(gulo, comparison.laid.truth);
  say_result(gulo);
  return gulo;
}

void run_rivals(const CompareOptions& options, const std::vector<Rival>& rivals, const std::string& rivals_folder,
                const std::string& folder, Comparison& comparison) {
  const RivalEnvironment environment(options.python, rivals_folder);
  for (const Rival& rival : rivals) {
    say("rival: " + rival.name);
    try {
      const RivalRun run{.python = environment.python_for(rival),
                         .rivals_folder = rivals_folder,
                         .n_cores = options.layout.n_threads,
                         .limit_s = options.rival_limit_s};
      Contestant contestant = run_rival(rival, run, comparison.laid, folder);
      score(contestant, comparison.laid.truth);
      contestant.p_value = p_value_of(comparison.gulo(), contestant, comparison.laid.truth);
      say_result(contestant);
      comparison.contestants.push_back(std::move(contestant));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kSomeInputFailed) throw;  // asked to stop
      warn(fmt::format("{} is left out: {}", rival.name, error.what()));
      comparison.left_out.push_back({rival.name, error.message()});
    }
  }
  require(comparison.contestants.size() > 1, ErrorKind::kDevice, "no rival could be run, so there is no verdict",
          "why not stands above; --rival FILE.py adds your own, --python names a Python that has their packages");
  // Of equally good ones the quicker is the better.
  std::stable_sort(comparison.contestants.begin() + 1, comparison.contestants.end(),
                   [](const Contestant& a, const Contestant& b) {
                     return a.n_wrong != b.n_wrong ? a.n_wrong < b.n_wrong : a.total_s() < b.total_s();
                   });
}

// A budget in which nothing can be learned has no point on the curve.
void run_curve(const CompareOptions& options, const std::string& folder, Comparison& comparison) {
  for (const double factor : kCurveFactors) {
    CurveStep step{.factor = factor, .budget_s = factor * options.budget_s, .gulo = comparison.gulo()};
    try {
      if (factor != 1) step.gulo = scored_gulo(options, factor, comparison, folder);
      comparison.curve.push_back(std::move(step));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kSomeInputFailed) throw;  // asked to stop
      warn(fmt::format("no point of the curve at {}: {}", format_duration(step.budget_s), error.message()));
    }
  }
}

}  // namespace

Comparison compare(const CompareOptions& options) {
  const StopSignals signals;
  check_own_rivals(options);
  const std::string rivals_folder = gulo::rivals_folder(options.rivals_folder);
  const WorkFolder work;
  Comparison comparison;
  comparison.data = options.data;
  comparison.budget_s = options.budget_s;
  comparison.n_cores = options.layout.n_threads;
  LayoutOptions layout = options.layout;
  layout.spill_folder = work.path();
  comparison.laid = lay_out(options.data, layout, work.data());
  comparison.uneven = is_uneven(comparison.laid.truth);
  const std::vector<Rival> rivals = choose_rivals(options, rivals_folder, comparison.laid.rival_kind);
  say(fmt::format("{}: {} items to train on, {} to test with{}; {} rival{}", comparison.laid.rival_kind,
                  format_count(comparison.laid.n_train), format_count(comparison.laid.truth.size()),
                  comparison.laid.own_split ? " (a fifth of each label's)" : "", rivals.size(),
                  rivals.size() == 1 ? "" : "s"));
  comparison.contestants.push_back(scored_gulo(options, 1, comparison, work.path()));
  run_rivals(options, rivals, rivals_folder, work.path(), comparison);
  if (options.curve) run_curve(options, work.path(), comparison);
  return comparison;
}

nlohmann::json to_json(const Comparison& comparison) {
  using nlohmann::json;
  json rows = json::array(), left_out = json::array(), curve = json::array();
  for (const Contestant& contestant : comparison.contestants) rows.push_back(to_json(contestant));
  for (const LeftOut& one : comparison.left_out) left_out.push_back({{"name", one.name}, {"reason", one.reason}});
  for (const CurveStep& step : comparison.curve) {
    json point = to_json(step.gulo);
    point["budget_s"] = step.budget_s;
    point["p_value"] = p_value_of(step.gulo, comparison.best_rival(), comparison.laid.truth);
    curve.push_back(std::move(point));
  }
  json object{{"verdict", verdict_name(judge(comparison))},
              {"p_value", comparison.best_rival().p_value},
              {"text", verdict_text(comparison)},
              {"data", comparison.data},
              {"kind", comparison.laid.rival_kind},
              {"budget_s", comparison.budget_s},
              {"cores", comparison.n_cores},
              {"n_train", comparison.laid.n_train},
              {"n_test", comparison.laid.truth.size()},
              {"n_labels", comparison.laid.labels.size()},
              {"own_split", comparison.laid.own_split},
              {"rows", rows},
              {"left_out", left_out}};
  if (!comparison.curve.empty()) object["curve"] = curve;
  return object;
}

}  // namespace gulo
