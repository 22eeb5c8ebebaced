#include "model/pixel_network_spec.h"

#include <fmt/format.h>

#include "base/error.h"
#include "model/json_text.h"
#include "model/spec.h"

namespace gulo {
namespace {

using nlohmann::json;

constexpr size_t kMaxLayers = 64;

void require_valid(bool condition, const std::string& message) {
  require(condition, ErrorKind::kData, message, kDamagedHint);
}

const json& field(const json& object, const char* key, const std::string& where) {
  require_valid(object.is_object(), fmt::format("{} is not a JSON object", where));
  const auto found = object.find(key);
  require_valid(found != object.end(), fmt::format("{}.{} is absent", where, key));
  return *found;
}

int integer(const json& object, const char* key, const std::string& where, int low, int high) {
  const json& value = field(object, key, where);
  require_valid(value.is_number_integer(), fmt::format("{}.{} is not a whole number", where, key));
  const bool small = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(high)
                                                : value.get<int64_t>() <= high;
  require_valid(small && value.get<int64_t>() >= low,
                fmt::format("{}.{} is {}, but must be from {} to {}", where, key, value.dump(), low, high));
  return value.get<int>();
}

bool truth(const json& object, const char* key, const std::string& where) {
  const json& value = field(object, key, where);
  require_valid(value.is_boolean(), fmt::format("{}.{} is neither true nor false", where, key));
  return value.get<bool>();
}

PixelLayerSpec layer_from_json(const json& object, const std::string& where) {
  PixelLayerSpec layer;
  layer.width = integer(object, "width", where, 16, 4096);
  require_valid(layer.width % 16 == 0, fmt::format("{}.width is {}, not a multiple of 16", where, layer.width));
  layer.halves = truth(object, "halves", where);
  return layer;
}

}  // namespace

json to_json(const PixelNetworkSpec& spec) {
  json layers = json::array();
  for (const PixelLayerSpec& layer : spec.layers) layers.push_back({{"width", layer.width}, {"halves", layer.halves}});
  return {{"channels", spec.channels},         {"stem_stride", spec.stem_stride}, {"stem_filters", spec.stem_filters},
          {"layers", layers},                  {"window", spec.window},           {"mirrored", spec.mirrored},
          {"n_labels", spec.n_labels}};
}

PixelNetworkSpec pixel_network_spec_from_json(const json& object, const std::string& where) {
  PixelNetworkSpec spec;
  spec.channels = integer(object, "channels", where, 1, 4);
  spec.stem_stride = integer(object, "stem_stride", where, 1, 16);
  spec.stem_filters = integer(object, "stem_filters", where, 8, 512);
  require_valid(spec.stem_filters % 8 == 0,
                fmt::format("{}.stem_filters is {}, not a multiple of 8", where, spec.stem_filters));
  const json& layers = field(object, "layers", where);
  require_valid(layers.is_array() && !layers.empty() && layers.size() <= kMaxLayers,
                fmt::format("{}.layers is not a list of 1 to {}", where, kMaxLayers));
  for (const json& layer : layers)
    spec.layers.push_back(layer_from_json(layer, fmt::format("{}.layers[{}]", where, spec.layers.size())));
  spec.window = integer(object, "window", where, 1, 16384);
  spec.mirrored = truth(object, "mirrored", where);
  spec.n_labels = integer(object, "n_labels", where, 1, ModelSpec::kMaxLabels);
  return spec;
}

}  // namespace gulo
