#include "model/pixel_network_spec.h"

#include <fmt/core.h>

#include "model/json_fields.h"
#include "model/spec.h"

namespace gulo {
namespace {

using nlohmann::json;

constexpr size_t kMaxLayers = 64;

PixelLayerSpec layer_from_json(const json& object, const std::string& where) {
  const Fields fields(object, where);
  return {.width = fields.width("width"), .halves = fields.boolean("halves")};
}

}  // namespace

json to_json(const PixelNetworkSpec& spec) {
  json layers = json::array();
  for (const PixelLayerSpec& layer : spec.layers) layers.push_back({{"width", layer.width}, {"halves", layer.halves}});
  return {{"channels", spec.channels}, {"stem_stride", spec.stem_stride}, {"stem_filters", spec.stem_filters},
          {"layers", layers},          {"window", spec.window},           {"mirrored", spec.mirrored},
          {"n_labels", spec.n_labels}};
}

PixelNetworkSpec pixel_network_spec_from_json(const json& object, const std::string& where) {
  const Fields fields(object, where);
  PixelNetworkSpec spec;
  spec.channels = fields.integer("channels", 1, 4);
  spec.stem_stride = fields.integer("stem_stride", 1, 16);
  spec.stem_filters = fields.integer("stem_filters", 8, 512);
  require_valid(spec.stem_filters % 8 == 0,
                fmt::format("{}.stem_filters is {}, not a multiple of 8", where, spec.stem_filters));
  const json& layers = fields.list("layers");
  require_valid(!layers.empty() && layers.size() <= kMaxLayers,
                fmt::format("{}.layers is not a list of 1 to {}", where, kMaxLayers));
  for (const json& layer : layers)
    spec.layers.push_back(layer_from_json(layer, fmt::format("{}.layers[{}]", where, spec.layers.size())));
  spec.window = fields.integer("window", 1, 16384);
  spec.mirrored = fields.boolean("mirrored");
  spec.n_labels = fields.integer("n_labels", 1, ModelSpec::kMaxLabels);
  return spec;
}

}  // namespace gulo
