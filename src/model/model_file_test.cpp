#include "model/model_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "model/json_text.h"

namespace gulo {
namespace {

// A wide and a deep part small enough to damage in every way.
struct SmallModel {
  ModelSpec spec;
  std::vector<uint8_t> present = std::vector<uint8_t>(32);
  std::vector<float> scale{0.5f, 0.25f, 2.0f}, bias{0.1f, -0.1f}, deep{1, 2, 3};
  std::vector<int8_t> weight{1, -1, 127, -127, 3, 0};
  TensorMap tensors;

  SmallModel() {
    present[0] = 0b101;
    present[31] = 0x80;
    spec.labels = {"a", "b"};
    spec.wide = WideSpec{.log2_rows = 8, .orders = {1, 2}};
    spec.deep = ByteNetworkSpec{.stages = {}, .n_labels = 2};
    tensors = {{"wide.present", view("U8", {32}, present)},
               {"wide.scale", view("F32", {3}, scale)},
               {"wide.weight", view("I8", {3, 2}, weight)},
               {"wide.bias", view("F32", {2}, bias)},
               {"deep.x", view("F32", {3}, deep)}};
  }

  template <class T>
  static TensorView view(const char* dtype, std::vector<uint64_t> shape, const std::vector<T>& values) {
    return {dtype, std::move(shape), {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)}};
  }
};

class ModelFileTest : public testing::Test {
 protected:
  ModelFileTest() : path_(testing::TempDir() + "gulo_model_" + std::to_string(getpid())) {}
  ~ModelFileTest() override { std::filesystem::remove(path_); }

  std::string error_of_loading() const {
    return error_of([&] { load_model(path_); });
  }
  std::string error_of_saving() const {
    return error_of([&] { save_model(path_, small_.spec, small_.tensors); });
  }

  template <class Body>
  std::string error_of(const Body& body) const {
    try {
      body();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_EQ(error.path(), path_);
      EXPECT_NE(error.hint(), "") << error.message();
      return error.message();
    }
    return "no error";
  }

  const std::string path_;
  SmallModel small_;
};

TEST_F(ModelFileTest, RoundTrip) {
  small_.spec.training = {{"data", "photos \xFF"}, {"valid_error", std::numeric_limits<double>::quiet_NaN()}};
  save_model(path_, small_.spec, small_.tensors);
  const Model model = load_model(path_);
  EXPECT_EQ(model.spec.labels, small_.spec.labels);
  EXPECT_TRUE(model.spec.training.at("valid_error").is_null());
  EXPECT_EQ(model.tensors().at("wide.weight").as<int8_t>()[3], -127);
  EXPECT_EQ(model.tensors().at("deep.x").as<float>()[2], 3.0f);
}

TEST_F(ModelFileTest, EveryFlippedBitIsNoticed) {
  save_model(path_, small_.spec, small_.tensors);
  ASSERT_EQ(error_of_loading(), "no error");
  const int file = open(path_.c_str(), O_RDWR);
  const auto n_bytes = static_cast<off_t>(std::filesystem::file_size(path_));
  for (off_t i = 0; i < n_bytes; ++i) {
    uint8_t original = 0;
    ASSERT_EQ(pread(file, &original, 1, i), 1);
    for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      const auto damaged = static_cast<uint8_t>(original ^ flip);
      ASSERT_EQ(pwrite(file, &damaged, 1, i), 1);
      EXPECT_NE(error_of_loading(), "no error") << "byte " << i << " flipped by " << flip;
    }
    ASSERT_EQ(pwrite(file, &original, 1, i), 1);
  }
  close(file);
  EXPECT_EQ(error_of_loading(), "no error");
}

TEST_F(ModelFileTest, EveryWrongLengthIsNoticed) {
  save_model(path_, small_.spec, small_.tensors);
  const uintmax_t n_bytes = std::filesystem::file_size(path_);
  std::filesystem::resize_file(path_, n_bytes + 1);
  EXPECT_EQ(error_of_loading(), "data: 1 bytes are left over");
  for (uintmax_t length = n_bytes; length-- > 0;) {
    std::filesystem::resize_file(path_, length);
    EXPECT_NE(error_of_loading(), "no error") << length;
  }
}

TEST_F(ModelFileTest, OtherFilesAreNotModels) {
  for (const std::string contents : {"", "PK\3\4", "hello, I am a text file\n",
                                     "\x7F"
                                     "ELF............"}) {
    std::ofstream(path_, std::ios::binary) << contents;
    EXPECT_EQ(error_of_loading(), "is not a gulo model");
  }
  write_safetensors(path_, small_.tensors, {{"format", "pt"}});
  EXPECT_EQ(error_of_loading(), "is not a gulo model: a safetensors file without metadata 'gulo'");
}

TEST_F(ModelFileTest, SavedSpecMustBeValid) {
  small_.spec.calibration.deep_scale = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of_saving(), "spec.calibration.deep_scale is not a finite number");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ModelFileTest, LoadedSpecMustBeValid) {
  nlohmann::json spec = to_json(small_.spec);
  spec["wide"]["log2_rows"] = 40;
  write_safetensors(path_, small_.tensors, {{"gulo", json_line(spec)}});
  EXPECT_EQ(error_of_loading(), "spec.wide.log2_rows is 40, but must be from 8 to 26");
  write_safetensors(path_, small_.tensors, {{"gulo", "{\"labels\": ["}});
  EXPECT_EQ(error_of_loading().substr(0, 33), "metadata 'gulo' is not valid JSON");
}

TEST_F(ModelFileTest, LoadedTensorsMustFitTheSpec) {
  nlohmann::json spec = to_json(small_.spec);
  spec["wide"]["log2_rows"] = 9;
  write_safetensors(path_, small_.tensors, {{"gulo", json_line(spec)}});
  EXPECT_EQ(error_of_loading(), "tensor 'wide.present' has shape [32], not [64]");
}

TEST_F(ModelFileTest, EveryTensorIsCheckedAgainstTheSpec) {
  const auto expect = [&](const std::string& message) {
    EXPECT_EQ(error_of_saving(), message);
    small_ = SmallModel();
  };
  for (const char* name : {"wide.present", "wide.scale", "wide.weight", "wide.bias"}) {
    small_.tensors.erase(name);
    expect(fmt::format("tensor '{}' is absent", name));
  }
  small_.tensors.erase("deep.x");
  expect("tensors 'deep.*' are absent");
  small_.present[1] = 1;
  expect("tensor 'wide.scale' has shape [3], not [4]");
  small_.tensors["wide.weight"].shape = {2, 3};
  expect("tensor 'wide.weight' has shape [2, 3], not [3, 2]");
  small_.tensors["wide.weight"].dtype = "U8";
  expect("tensor 'wide.weight' is U8, not I8");
  small_.tensors["deep.x"].dtype = "U32";
  expect("tensor 'deep.x' is U32, not F32 or BF16");
  small_.tensors["stray"] = small_.tensors["deep.x"];
  expect("tensor 'stray' is not one that the spec asks for");
  small_.spec.deep.reset();
  expect("tensor 'deep.x' is not one that the spec asks for");
  small_.bias[1] = std::numeric_limits<float>::infinity();
  expect("tensor 'wide.bias' holds numbers that are not finite");
}

}  // namespace
}  // namespace gulo
