#include "model/convolution_bank_spec.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace gulo {
namespace {

const ConvolutionBankSpec kSpec{3, {1, 2, 7}, {2, 1, 4}};

TEST(ConvolutionBankSpec, RoundTripsThroughJson) {
  EXPECT_EQ(convolution_bank_spec_from_json(nlohmann::json::parse(to_json(kSpec).dump())), kSpec);
  EXPECT_EQ(kSpec.n_features(), 84u * 7);
}

std::string message(const nlohmann::json& object) {
  try {
    convolution_bank_spec_from_json(object);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.message();
  }
  return "";
}

TEST(ConvolutionBankSpec, AnErrorNamesTheField) {
  const std::pair<const char*, nlohmann::json> wrong[] = {{"n_channels", 0},
                                                          {"n_channels", -1},
                                                          {"n_channels", "3"},
                                                          {"n_channels", std::numeric_limits<uint64_t>::max()},
                                                          {"dilations", nlohmann::json::array()},
                                                          {"dilations", {1, 2}},
                                                          {"dilations", {1, 2, 1 << 21}},
                                                          {"dilations", 5},
                                                          {"n_biases", {1, 0, 1}},
                                                          {"n_biases", {1, 1.5, 1}}};
  for (const auto& [key, value] : wrong) {
    nlohmann::json object = to_json(kSpec);
    object[key] = value;
    EXPECT_NE(message(object).find(key), std::string::npos) << key << " " << value;
    object.erase(key);
    EXPECT_EQ(message(object), std::string("spec.wide.bank.") + key + " is absent");
  }
  EXPECT_EQ(message(7), "spec.wide.bank is not a JSON object");
}

TEST(BankTensors, AreCheckedAgainstTheSpec) {
  BankTensors tensors;
  tensors.channels.assign(9, 1);
  tensors.biases.assign(kSpec.n_features(), 0);
  tensors.weights.assign(kSpec.n_features() * 2, 0);
  tensors.offsets.assign(2, 0);
  EXPECT_NO_THROW(check_bank_tensors(kSpec, 2, tensors.tensors(kSpec)));
  EXPECT_THROW(check_bank_tensors(kSpec, 3, tensors.tensors(kSpec)), Error);
  for (const auto& wanted : bank_tensor_shapes(kSpec, 2)) {
    auto map = tensors.tensors(kSpec);
    map.at(wanted.name).dtype = "I8";
    EXPECT_THROW(check_bank_tensors(kSpec, 2, map), Error) << wanted.name;
    map.erase(wanted.name);
    EXPECT_THROW(check_bank_tensors(kSpec, 2, map), Error) << wanted.name;
  }
  tensors.channels[4] = 2;
  EXPECT_THROW(check_bank_tensors(kSpec, 2, tensors.tensors(kSpec)), Error);
}

}  // namespace
}  // namespace gulo
