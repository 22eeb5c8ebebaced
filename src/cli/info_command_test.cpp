#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/commands.h"

namespace gulo {
namespace {

using nlohmann::json;

Model trained_model() {
  Model model;
  model.spec.labels = {"ham", "spam"};
  model.spec.wide = WideSpec{};
  model.spec.training = {{"n_items", 12398},
                         {"budget_s", 60},
                         {"valid_error", 0.0123},
                         {"curve",
                          {{{"phase", "wide"}, {"seconds", 1}, {"loss", 0.6}, {"valid_error", 0.4}},
                           {{"phase", "deep"}, {"seconds", 30}, {"loss", 0.1}, {"valid_error", nullptr}},
                           {{"phase", "deep"}, {"seconds", 58}, {"loss", 0.1}, {"valid_error", 0.0123}}}}};
  return model;
}

std::string info(const Model& model, bool as_json) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_info({.model = "m.gulo", .json = as_json}, model), 0);
  return testing::internal::GetCapturedStdout();
}

TEST(Info, SaysWhatItIsAndHowWellItDid) {
  setenv("LC_ALL", "C", 1);
  const std::string text = info(trained_model(), false);
  for (const char* fact : {"m.gulo", "2: ham, spam", "wide", "12,398", "1.23 %", "1 min 00 s", "40.00 % |##"})
    EXPECT_NE(text.find(fact), std::string::npos) << fact << "\n" << text;
}

TEST(Info, JsonIsTheWholeMetadata) {
  const Model model = trained_model();
  EXPECT_EQ(json::parse(info(model, true)), to_json(model.spec));
}

TEST(Info, SaysHowItemsWereVaried) {
  Model model = trained_model();
  const auto with = [&](const json& ways) {
    model.spec.training["deep"] = {{"kept", true}, {"augmentation", ways}};
    return info(model, false);
  };
  EXPECT_NE(
      with({"moved by up to 2 pixels", "mirrored"}).find("augmentation       moved by up to 2 pixels, mirrored\n"),
      std::string::npos);
  EXPECT_NE(with(json::array()).find("augmentation       none\n"), std::string::npos);
  EXPECT_EQ(with({1, 2}).find("augmentation"), std::string::npos);
}

// A model of another writer may have any record.
TEST(Info, ARecordOfAnyShapeIsNoCrash) {
  Model model = trained_model();
  for (const json& record : {json::object(), json({{"curve", 3}, {"n_items", "many"}, {"device", {1}}}),
                             json({{"curve", {1, {{"seconds", "x"}, {"valid_error", 0.1}}, nullptr}}})}) {
    model.spec.training = record;
    EXPECT_NE(info(model, false).find("ham"), std::string::npos);
  }
}

}  // namespace
}  // namespace gulo
