#include "model/pixel_network_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace gulo {
namespace {

using nlohmann::json;

PixelNetworkSpec sample() {
  PixelNetworkSpec spec;
  spec.channels = 4;
  spec.stem_stride = 8;
  spec.stem_filters = 32;
  spec.layers = {{64, true}, {128, false}};
  spec.window = 512;
  spec.mirrored = true;
  spec.n_labels = 17;
  return spec;
}

TEST(PixelNetworkSpecTest, RoundTripsThroughJson) {
  const json object = to_json(sample());
  EXPECT_EQ(to_json(pixel_network_spec_from_json(json::parse(object.dump()))), object);
  EXPECT_EQ(pixel_network_spec_from_json(object).layers[1].width, 128);
}

// The message must begin with the field's path.
void expect_refused(const char* pointer, const json& value, const std::string& name) {
  json object = to_json(sample());
  object[json::json_pointer(pointer)] = value;
  try {
    pixel_network_spec_from_json(object);
    ADD_FAILURE() << pointer << " = " << value << " was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_TRUE(error.message().starts_with(name)) << error.message();
  }
}

TEST(PixelNetworkSpecTest, ErrorsNameTheField) {
  expect_refused("/channels", 5, "spec.deep.channels");
  expect_refused("/stem_stride", 0, "spec.deep.stem_stride");
  expect_refused("/stem_filters", 12, "spec.deep.stem_filters");
  expect_refused("/layers", json::array(), "spec.deep.layers");
  expect_refused("/layers/1/width", 65, "spec.deep.layers[1].width");
  expect_refused("/layers/0/halves", 1, "spec.deep.layers[0].halves");
  expect_refused("/window", -1, "spec.deep.window");
  expect_refused("/window", 1e9, "spec.deep.window");
  expect_refused("/n_labels", uint64_t{1} << 40, "spec.deep.n_labels");
  expect_refused("/mirrored", nullptr, "spec.deep.mirrored");
  EXPECT_THROW(pixel_network_spec_from_json(json::array()), Error);
  EXPECT_THROW(pixel_network_spec_from_json(json::object()), Error);
}

}  // namespace
}  // namespace gulo
