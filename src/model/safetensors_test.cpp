#include "model/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "base/error.h"

namespace gulo {
namespace {

class SafetensorsTest : public testing::Test {
 protected:
  SafetensorsTest() : path_(testing::TempDir() + "gulo_safetensors_" + std::to_string(getpid())) {}
  ~SafetensorsTest() override { std::filesystem::remove(path_); }

  // Any header and data, as a careless or hostile writer would make them.
  void write_raw(const std::string& header, size_t n_data_bytes) const {
    const uint64_t length = header.size();
    std::ofstream out(path_, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof(length));
    out << header << std::string(n_data_bytes, '\1');
  }

  std::string error_of_reading() const {
    try {
      read_safetensors(path_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_EQ(error.path(), path_);
      EXPECT_NE(error.hint(), "");
      return error.message();
    }
    return "no error";
  }

  const std::string path_;
};

template <class T>
TensorView view(const char* dtype, std::vector<uint64_t> shape, const std::vector<T>& values) {
  return {dtype, std::move(shape), {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)}};
}

TEST_F(SafetensorsTest, RoundTrip) {
  std::vector<uint8_t> odd(7), empty;
  std::vector<uint16_t> half(3);
  std::vector<float> floats(32), few(5);
  std::vector<uint64_t> longs(3);
  std::iota(odd.begin(), odd.end(), 1);
  std::iota(floats.begin(), floats.end(), 0.5f);
  std::iota(longs.begin(), longs.end(), 1ull << 40);
  const TensorMap tensors = {{"a odd \"name\"", view("U8", {7}, odd)}, {"b", view("BF16", {3, 1}, half)},
                             {"c", view("F32", {4, 8}, floats)},       {"d", view("F32", {5}, few)},
                             {"e", view("U64", {3}, longs)},           {"none", view("F32", {0, 4}, empty)}};
  write_safetensors(path_, tensors, {{"gulo", "{\"x\": \"\\\"xxh3\\\":\\\"\"}"}, {"note", "é"}});

  const SafetensorsFile read = read_safetensors(path_);
  ASSERT_EQ(read.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const TensorView& copy = read.tensors.at(name);
    EXPECT_EQ(copy.dtype, tensor.dtype);
    EXPECT_EQ(copy.shape, tensor.shape);
    EXPECT_TRUE(std::equal(copy.bytes.begin(), copy.bytes.end(), tensor.bytes.begin(), tensor.bytes.end())) << name;
  }
  EXPECT_EQ(reinterpret_cast<uintptr_t>(read.tensors.at("c").bytes.data()) % 64, 0u);  // its size is a multiple of 64
  EXPECT_EQ(read.tensors.at("e").as<uint64_t>()[2], (1ull << 40) + 2);
  EXPECT_EQ(read.metadata.at("note"), "é");
  EXPECT_EQ(read.metadata.at("xxh3").size(), 16u);
}

TEST_F(SafetensorsTest, SameContentsGiveSameBytes) {
  const std::vector<float> values(3, 1.5f);
  const TensorMap tensors = {{"a", view("F32", {3}, values)}};
  write_safetensors(path_, tensors, {{"xxh3", "a stale checksum is replaced"}});
  const std::string first = read_safetensors(path_).metadata.at("xxh3");
  write_safetensors(path_, tensors, {});
  EXPECT_EQ(read_safetensors(path_).metadata.at("xxh3"), first);
}

TEST_F(SafetensorsTest, ReadsWhatOthersWroteWithoutChecksum) {
  write_raw(R"({"__metadata__": {"format": "pt"}, "t": {"dtype": "I8", "shape": [2, 2], "data_offsets": [0, 4]}})", 4);
  EXPECT_EQ(read_safetensors(path_).tensors.at("t").n_elements(), 4u);
}

TEST_F(SafetensorsTest, NamesWhatIsWrong) {
  struct Case {
    const char* header;
    size_t n_data_bytes;
    const char* message;
  };
  const Case cases[] = {
      {"", 0, "header is not valid JSON"},
      {"{", 4, "header is not valid JSON"},
      {"[]", 0, "header: is not a JSON object"},
      {R"({"t": 1})", 0, "tensor 't': is not a JSON object"},
      {R"({"t": {"shape": [4], "data_offsets": [0, 4]}})", 4, "tensor 't': dtype is not a text"},
      {R"({"t": {"dtype": "I9", "shape": [4], "data_offsets": [0, 4]}})", 4, "tensor 't': unknown dtype 'I9'"},
      {R"({"t": {"dtype": "I8", "data_offsets": [0, 4]}})", 4, "tensor 't': shape is not a list of counts"},
      {R"({"t": {"dtype": "I8", "shape": [-4], "data_offsets": [0, 4]}})", 4,
       "tensor 't': shape is not a list of counts"},
      {R"({"t": {"dtype": "I8", "shape": [4.0], "data_offsets": [0, 4]}})", 4, "tensor 't': shape is not a list"},
      {R"({"t": {"dtype": "I8", "shape": [99999999999999999999], "data_offsets": [0, 4]}})", 4,
       "tensor 't': shape is not"},
      {R"({"t": {"dtype": "I8", "shape": [4294967296, 4294967296], "data_offsets": [0, 0]}})", 0, "more elements than"},
      {R"({"t": {"dtype": "F32", "shape": [4611686018427387905], "data_offsets": [0, 4]}})", 4, "more elements than"},
      {R"({"t": {"dtype": "I8", "shape": [4], "data_offsets": [4]}})", 4,
       "tensor 't': data_offsets is not [begin, end]"},
      {R"({"t": {"dtype": "I8", "shape": [4], "data_offsets": [4, 0]}})", 4, "data_offsets is not [begin, end]"},
      {R"({"t": {"dtype": "I8", "shape": [4], "data_offsets": [1, 5]}})", 4, "tensor 't': data_offsets end at 5"},
      {R"({"t": {"dtype": "I8", "shape": [4], "data_offsets": [0, 18446744073709551615]}})", 4,
       "data_offsets end at 184"},
      {R"({"t": {"dtype": "I8", "shape": [3], "data_offsets": [0, 4]}})", 4, "hold 4 bytes, dtype and shape ask for 3"},
      {R"({"t": {"dtype": "I8", "shape": [4], "data_offsets": [0, 4]}})", 5, "data: 1 bytes are left over"},
      {R"({"t": {"dtype": "I8", "shape": [3], "data_offsets": [1, 4]}})", 4, "tensor 't': data_offsets leave a hole"},
      {R"({"t": {"dtype": "I8", "shape": [3], "data_offsets": [0, 3]},
           "u": {"dtype": "I8", "shape": [2], "data_offsets": [2, 4]}})",
       4, "tensor 'u': data_offsets overlap"},
      {R"({"__metadata__": 3})", 0, "metadata: is not a JSON object"},
      {R"({"__metadata__": {"a": 3}})", 0, "metadata 'a': is not a text"},
      {R"({"__metadata__": {"xxh3": "12"}})", 0, "metadata 'xxh3' is not a checksum"},
      {R"({"__metadata__": {"xxh3":"0123456789abcdef"}})", 0, "metadata 'xxh3': the checksum is 0123456789abcdef"},
  };
  for (const Case& c : cases) {
    write_raw(c.header, c.n_data_bytes);
    EXPECT_NE(error_of_reading().find(c.message), std::string::npos) << c.header << "\n  gives: " << error_of_reading();
  }
}

TEST_F(SafetensorsTest, RefusesMisalignedElements) {
  for (const size_t padding : {0, 1, 2, 3}) {  // whatever the header's own length is, three of four are misaligned
    write_raw(R"({"t": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})" + std::string(padding, ' '), 4);
    const uint64_t length = std::filesystem::file_size(path_) - 4;
    EXPECT_EQ(error_of_reading() == "no error", length % 4 == 0);
  }
}

TEST_F(SafetensorsTest, SurvivesDeepNesting) {
  write_raw(R"({"__metadata__": )" + std::string(1 << 20, '['), 0);
  EXPECT_NE(error_of_reading().find("nested deeper"), std::string::npos);
}

TEST_F(SafetensorsTest, RefusesAbsurdHeaderLength) {
  for (const uint64_t length : {~uint64_t{0}, ~uint64_t{0} - 7, uint64_t{1} << 40, uint64_t{3}}) {
    std::ofstream(path_, std::ios::binary).write(reinterpret_cast<const char*>(&length), sizeof(length)) << "{}";
    EXPECT_EQ(error_of_reading().substr(0, 6), "header") << length;
  }
}

TEST_F(SafetensorsTest, NeverWritesWhatItCouldNotRead) {
  const std::vector<float> values(3);
  std::ofstream(path_) << "before";
  EXPECT_THROW(write_safetensors(path_, {{"a", view("F32", {4}, values)}}, {}), Error);
  EXPECT_THROW(write_safetensors(path_, {{"a", view("F7", {3}, values)}}, {}), Error);
  EXPECT_THROW(write_safetensors(path_, {{"__metadata__", view("F32", {3}, values)}}, {}), Error);
  EXPECT_EQ(std::filesystem::file_size(path_), 6u);
}

TEST_F(SafetensorsTest, RefusesFolderThatIsAbsent) {
  try {
    write_safetensors("/nowhere/at/all/model.gulo", {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDevice);
  }
}

}  // namespace
}  // namespace gulo
