#include "report/model_facts.h"

#include <fmt/format.h>

#include <cmath>

#include "base/units.h"
#include "model/json_text.h"
#include "report/html_text.h"

namespace gulo {
namespace {

using nlohmann::json;

std::string as_duration(double seconds) { return format_duration(seconds); }
std::string as_count(double count) {
  return count >= 0 && count < 1e18 ? format_count(static_cast<uint64_t>(count)) : "?";
}
std::string as_si(double value) { return format_si(value); }
std::string as_number(double value) { return fmt::format("{:.5g}", value); }
std::string as_flops(double value) { return format_si(value) + "FLOP/s"; }
std::string as_bytes(double bytes) { return format_bytes(bytes); }
std::string as_ratio(double value) { return fmt::format("{:.3f}×", value); }

struct Fact {
  const char* key;
  const char* name;
  std::string (*text)(double);  // how a number is written; texts and flags stand as they are
};

constexpr Fact kFacts[] = {
    {"data", "training data", as_si},
    {"n_items", "items", as_count},
    {"n_bytes", "bytes", as_bytes},
    {"budget_s", "budget", as_duration},
    {"wall_s", "time taken", as_duration},
    {"machine", "machine", as_si},
    {"device", "device", as_si},
    {"threads", "threads", as_count},
    {"seed", "seed", as_count},
    {"steps", "steps", as_count},
    {"epochs", "epochs", as_si},
    {"parameters", "parameters", as_si},
    {"valid_rmse", "validation RMSE", as_number},
    {"valid_error", "validation error", format_percent},
    {"gemm_peak_flops_per_s", "machine's peak", as_flops},
    {"flop_utilisation", "of it used", short_percent},
    {"feed_overhead", "feed overhead", as_ratio},
    {"version", "gulo", as_si},
};

// Text, number or flag; an object as "key value, key value". Empty where there is nothing to say.
std::string value_text(const json& value, std::string (*number_text)(double)) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number()) return std::isfinite(value.get<double>()) ? number_text(value.get<double>()) : "";
  std::string text;
  if (value.is_object())
    for (const auto& [key, part] : value.items()) {
      const std::string part_text = part.is_string() ? part.get<std::string>() : json_line(part);
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, part_text);
    }
  return text;
}

std::string fact(const std::string& name, const std::string& text) {
  return text.empty() ? "" : fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_escape(name), html_escape(text));
}

std::string sizes_text(const ByteNetworkSpec& deep) {
  std::string text = fmt::format("stem {}", deep.stem_width);
  for (const StageSpec& stage : deep.stages) text += fmt::format(", {} × {}", stage.depth, stage.width);
  return text;
}

std::string sizes_text(const SampleNetworkSpec& deep) {
  std::string text = fmt::format("{} filter pairs of {} samples, stem {}", deep.filters, deep.taps, deep.stem_width);
  for (const StageSpec& stage : deep.stages) text += fmt::format(", {} × {}", stage.depth, stage.width);
  return text;
}

std::string sizes_text(const PixelNetworkSpec& deep) {
  std::string text = fmt::format("stem of {} filters", deep.stem_filters);
  for (const PixelLayerSpec& layer : deep.layers) text += fmt::format(", {}{}", layer.width, layer.halves ? " ½" : "");
  return text;
}

std::string sizes_text(const CellNetworkSpec& deep) {
  return fmt::format("{} members of {}, {} remembered rows", deep.n_members, deep.member_width, deep.n_remembered);
}

std::string sizes_text(const FieldsNetworkSpec& deep) {
  std::string text;
  for (const FieldSpec& field : deep.fields)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", kind_name(field.kind),
                        std::visit([](const auto& network) { return sizes_text(network); }, field.network));
  return text;
}

std::string parts_text(const ModelSpec& spec) {
  std::string text;
  if (spec.wide && spec.calibration.wide_scale != 0)
    text +=
        fmt::format("wide (byte n-grams of {}, 2^{} rows)", fmt::join(spec.wide->orders, ", "), spec.wide->log2_rows);
  if (spec.bank && spec.calibration.wide_scale != 0)
    text += fmt::format("wide ({} convolutional features)", format_count(spec.bank->n_features()));
  if (spec.forest && spec.calibration.wide_scale != 0) text += fmt::format("wide ({} trees)", spec.forest->n_trees);
  if (spec.deep && spec.calibration.deep_scale != 0) {
    const std::string sizes = std::visit([](const auto& deep) { return sizes_text(deep); }, *spec.deep);
    text += fmt::format("{}deep ({})", text.empty() ? "" : " + ", sizes);
  }
  return text;
}

std::string answer_text(Task task) {
  switch (task) {
    case Task::kLabel:
      return "one label";
    case Task::kLabels:
      return "several labels";
    case Task::kNumber:
      return "a number";
  }
  return "";
}

}  // namespace

std::string model_facts(const std::string& model_path, const ModelSpec& spec) {
  std::string out = "<dl class=\"facts\">\n";
  out += fact("model", model_path) + fact("kind", std::string(kind_name(spec.kind))) +
         fact("answer", answer_text(spec.task)) + fact("parts", parts_text(spec));
  for (const Fact& known : kFacts) {
    const auto found = spec.training.find(known.key);
    if (found != spec.training.end()) out += fact(known.name, value_text(*found, known.text));
  }
  return out + "</dl>\n";
}

}  // namespace gulo
