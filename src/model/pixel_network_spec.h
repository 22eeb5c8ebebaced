// The deep network of pictures, as a plain struct that round-trips through JSON and fully rebuilds it.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

namespace gulo {

// A 3x3 convolution, the maximum of 2x2 squares where it halves, normalisation, ReLU.
struct PixelLayerSpec {
  int width = 64;       // channels
  bool halves = false;  // the grid's height and width
};

struct PixelNetworkSpec {
  int channels = 3;       // 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha
  int stem_stride = 2;    // pixels from one position of the stem's grid to the next, each way
  int stem_filters = 24;  // each gives two channels, its positive and its negative part
  std::vector<PixelLayerSpec> layers;
  int window = 64;        // pixels: of what is higher or wider, windows are looked at
  bool mirrored = false;  // pictures mean the same as their mirror images: a prediction is the mean of both
  int n_labels = 0;
};

nlohmann::json to_json(const PixelNetworkSpec& spec);
// `where` is the object's path, which errors begin with. Throws Error (kData) that names the field: absent, of the
// wrong type, out of range.
PixelNetworkSpec pixel_network_spec_from_json(const nlohmann::json& json, const std::string& where = "spec.deep");

}  // namespace gulo
