#include "data/table/json_object.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace gulo {
namespace {

using nlohmann::json;

// Writes what is nested as it comes: a tree of it would be taken apart by recursion, as deep as the file says.
class ObjectReader : public nlohmann::json_sax<json> {
 public:
  explicit ObjectReader(std::vector<JsonField>& fields) : fields_(fields) {}

  const std::string& problem() const { return problem_; }

  bool null() override { return depth_ == 1 || value("null"); }
  bool boolean(bool is_true) override { return value(is_true ? "true" : "false"); }
  bool number_integer(json::number_integer_t number) override { return value(std::to_string(number)); }
  bool number_unsigned(json::number_unsigned_t number) override { return value(std::to_string(number)); }
  bool number_float(json::number_float_t, const std::string& as_it_stands) override { return value(as_it_stands); }
  bool string(std::string& text) override { return value(depth_ == 1 ? text : json(text).dump()); }
  bool binary(json::binary_t&) override { return false; }
  bool start_object(size_t) override { return depth_ == 0 ? open("") : open("{"); }
  bool start_array(size_t) override { return depth_ > 0 ? open("[") : fail("is no JSON object"); }
  bool end_object() override { return --depth_ == 0 || close("}"); }
  bool end_array() override { return --depth_, close("]"); }

  bool key(std::string& name) override {
    if (depth_ == 1)
      fields_.push_back({std::move(name), ""});
    else
      append(json(name).dump() + ":");
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail(fmt::format("is no JSON at its byte {}", position));
  }

 private:
  bool fail(const std::string& problem) {
    problem_ = problem;
    return false;
  }

  bool value(const std::string& text) {
    if (depth_ == 0) return fail("is no JSON object");
    append(text);
    return true;
  }

  bool open(const char* bracket) {
    if (depth_++ > 0) append(bracket);
    return true;
  }

  bool close(const char* bracket) {
    fields_.back().text += bracket;
    return true;
  }

  // A text within a nested value ends with a quote, so what the value ends with says whether something stands before.
  void append(const std::string& text) {
    std::string& to = fields_.back().text;
    if (depth_ > 1 && !to.empty() && !to.ends_with('{') && !to.ends_with('[') && !to.ends_with(':')) to += ',';
    to += text;
  }

  std::vector<JsonField>& fields_;
  size_t depth_ = 0;
  std::string problem_;
};

}  // namespace

std::string read_json_object(std::string_view text, std::vector<JsonField>& fields) {
  fields.clear();
  ObjectReader reader(fields);
  const bool good = json::sax_parse(text, &reader);
  return good ? "" : reader.problem().empty() ? "is no JSON object" : reader.problem();
}

}  // namespace gulo
