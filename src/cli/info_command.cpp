#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/terminal.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/curve_plot.h"
#include "cli/output.h"

namespace gulo {
namespace {

using nlohmann::json;

// A line of facts: left out where the training record has no such value, as a model of another writer may lack any.
class Facts {
 public:
  explicit Facts(const json& record) : record_(record) {}
  void add(const std::string& name, const std::string& text) {
    if (!text.empty()) text_ += fmt::format("{:<18} {}\n", name, text);
  }
  void add_number(const std::string& name, const char* key, std::string (*format)(double)) {
    if (const auto value = number(key)) add(name, format(*value));
  }
  std::optional<double> number(const char* key) const {
    const auto found = record_.find(key);
    return found != record_.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
  }
  std::string word(const char* key) const {
    const auto found = record_.find(key);
    return found != record_.end() && found->is_string() ? found->get<std::string>() : "";
  }
  const std::string& text() const { return text_; }

 private:
  const json& record_;
  std::string text_;
};

std::string count(double value) { return format_count(static_cast<uint64_t>(std::max(0.0, value))); }

std::string number(double value) { return fmt::format("{:.5g}", value); }

// The labels, as many as a line holds.
std::string name_labels(const std::vector<std::string>& labels) {
  static constexpr size_t kLineBytes = 70;
  std::string line = count(static_cast<double>(labels.size())) + ":";
  for (size_t i = 0; i < labels.size(); ++i) {
    if (line.size() + labels[i].size() > kLineBytes && i > 0)
      return line + fmt::format(" and {} more", labels.size() - i);
    line += (i > 0 ? ", " : " ") + labels[i];
  }
  return line;
}

std::string name_fields(const ModelSpec& spec) {
  std::string line;
  for (const FieldColumn& field : spec.fields)
    line += fmt::format("{}{}", line.empty() ? "" : ", ",
                        field.name.empty() ? fmt::format("{} cells", spec.columns.size())
                                           : fmt::format("{} ({})", field.name, kind_name(field.kind)));
  return line;
}

std::string name_parts(const ModelSpec& spec) {
  if (spec.has_wide() && spec.deep) return "wide and deep";
  return spec.has_wide() ? "wide" : "deep";
}

uint64_t tensor_bytes(const Model& model) {
  uint64_t n_bytes = 0;
  for (const auto& [name, tensor] : model.tensors()) n_bytes += tensor.bytes.size();
  return n_bytes;
}

std::vector<CurvePoint> validation_curve(const json& record) {
  std::vector<CurvePoint> points;
  const auto curve = record.find("curve");
  if (curve == record.end() || !curve->is_array()) return points;
  for (const json& entry : *curve) {
    if (!entry.is_object()) continue;
    const auto seconds = entry.find("seconds"), error = entry.find("valid_error");
    if (seconds == entry.end() || error == entry.end() || !seconds->is_number() || !error->is_number()) continue;
    points.push_back({seconds->get<double>(), error->get<double>()});
  }
  std::ranges::stable_sort(points, {}, &CurvePoint::x);
  return points;
}

// How items were varied in the training of the deep part.
std::string augmentation(const json& record) {
  const auto deep = record.find("deep");
  if (deep == record.end() || !deep->is_object() || !deep->contains("augmentation")) return "";
  const json& ways = deep->at("augmentation");
  if (!ways.is_array() || !std::ranges::all_of(ways, [](const json& way) { return way.is_string(); })) return "";
  const auto texts = ways.get<std::vector<std::string>>();
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

// "raw/: 9,000 of 12,000 items without labels joined"
std::string self_training(const json& record) {
  const auto found = record.find("self_training");
  if (found == record.end() || !found->is_object()) return "";
  const Facts facts(*found);
  return fmt::format("{}: {} of {} items without labels joined", facts.word("data"),
                     count(facts.number("n_joined").value_or(0)), count(facts.number("n_items").value_or(0)));
}

std::string describe(const Model& model, const std::string& path) {
  const ModelSpec& spec = model.spec;
  Facts facts(spec.training);
  facts.add("model", path);
  facts.add("kind", std::string(kind_name(spec.kind)));
  if (spec.kind == Kind::kBytes && !spec.columns.empty()) facts.add("column of text", spec.columns[0]);
  facts.add("fields", name_fields(spec));
  if (spec.task == Task::kNumber)
    facts.add("answer", fmt::format("a number, in training {:.6g} on average with a deviation of {:.6g}",
                                    spec.number_unit.offset, spec.number_unit.scale));
  else
    facts.add("labels", name_labels(spec.labels) + (spec.task == Task::kLabels ? ", several an item" : ""));
  facts.add("parts", name_parts(spec) + ", " + format_bytes(static_cast<double>(tensor_bytes(model))));
  facts.add("needs the engine", runs_without_engine(spec) ? "no" : "yes");
  facts.add("trained on", facts.word("data"));
  facts.add_number("items", "n_items", count);
  facts.add("and on", self_training(spec.training));
  facts.add_number("budget", "budget_s", format_duration);
  facts.add_number("time taken", "wall_s", format_duration);
  facts.add_number("steps", "steps", count);
  facts.add_number("parameters", "parameters", format_si);
  if (!spec.calibration.label_offsets.empty()) facts.add("balanced", "every label weighs the same");
  facts.add("augmentation", augmentation(spec.training));
  facts.add("device", facts.word("device"));
  facts.add("machine", facts.word("machine"));
  facts.add_number("validation RMSE", "valid_rmse", number);
  facts.add_number("validation error", "valid_error", format_percent);

  const CurvePlot plot{.utf8 = terminal_speaks_utf8(), .format_x = format_duration, .format_y = format_percent};
  const std::string drawing = draw_curve(validation_curve(spec.training), plot);
  return drawing.empty() ? facts.text() : facts.text() + "\nvalidation error while it learned\n" + drawing;
}

}  // namespace

int run_info(const Options& options, const Model& model) {
  // Labels and paths of other writers may be no UTF-8: the dump replaces what is not.
  const auto replace = json::error_handler_t::replace;
  write_output(options.json ? to_json(model.spec).dump(2, ' ', false, replace) + "\n" : describe(model, options.model));
  return 0;
}

}  // namespace gulo
