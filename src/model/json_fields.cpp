#include "model/json_fields.h"

#include <fmt/core.h>

#include <cmath>

#include "base/error.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

int integer_of(const json& value, const std::string& name, int low, int high) {
  require_valid(value.is_number_integer(), fmt::format("{} is not a whole number", name));
  const bool in_range =
      value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(high) : value.get<int64_t>() <= high;
  require_valid(in_range && value.get<int64_t>() >= low,
                fmt::format("{} is {}, but must be from {} to {}", name, value.dump(), low, high));
  return value.get<int>();
}

}  // namespace

void require_valid(bool condition, const std::string& message) {
  require(condition, ErrorKind::kData, message, kDamagedHint);
}

Fields::Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
  require_valid(object.is_object(), fmt::format("{} is not a JSON object", where_));
}

const json& Fields::at(const char* key) const {
  const auto found = object_.find(key);
  require_valid(found != object_.end(), fmt::format("{} is absent", name(key)));
  return *found;
}

int Fields::integer(const char* key, int low, int high) const { return integer_of(at(key), name(key), low, high); }

std::vector<int> Fields::integers(const char* key, int low, int high) const {
  std::vector<int> values;
  for (const json& value : list(key)) values.push_back(integer_of(value, name(key), low, high));
  return values;
}

double Fields::finite(const char* key) const {
  const json& value = at(key);
  require_valid(value.is_number() && std::isfinite(value.get<double>()),
                fmt::format("{} is not a finite number", name(key)));
  return value.get<double>();
}

std::vector<double> Fields::finites(const char* key, size_t size) const {
  std::vector<double> values;
  for (const json& value : list(key))
    if (value.is_number() && std::isfinite(value.get<double>())) values.push_back(value.get<double>());
  require_valid(list(key).size() == size && values.size() == size,
                fmt::format("{} is not {} finite numbers", name(key), size));
  return values;
}

double Fields::finite(const char* key, double low, double high) const {
  const double value = finite(key);
  require_valid(value >= low && value <= high,
                fmt::format("{} is {}, but must be from {} to {}", name(key), value, low, high));
  return value;
}

bool Fields::boolean(const char* key) const {
  require_valid(at(key).is_boolean(), fmt::format("{} is neither true nor false", name(key)));
  return at(key).get<bool>();
}

std::string Fields::text(const char* key) const {
  require_valid(at(key).is_string(), fmt::format("{} is not a text", name(key)));
  return at(key).get<std::string>();
}

const json& Fields::list(const char* key) const {
  require_valid(at(key).is_array(), fmt::format("{} is not a list", name(key)));
  return at(key);
}

int Fields::width(const char* key) const {
  const int value = integer(key, 16, 4096);
  require_valid(value % 16 == 0, fmt::format("{} is {}, not a multiple of 16", name(key), value));
  return value;
}

}  // namespace gulo
