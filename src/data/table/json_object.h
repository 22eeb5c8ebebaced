// One JSON object as the texts of its fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gulo {

struct JsonField {
  std::string name;
  std::string text;  // of a string its characters, of null nothing, of all else its JSON
};

// Replaces `fields`, in the object's order. Returns why `text` is no object, or nothing. However deep it is nested.
std::string read_json_object(std::string_view text, std::vector<JsonField>& fields);

}  // namespace gulo
