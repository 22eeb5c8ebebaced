#include "model/json_text.h"

#include <fmt/core.h>

#include "base/error.h"

namespace gulo {

nlohmann::json parse_json(std::string_view text, const std::string& what, const std::string& path) {
  constexpr int kMaxDepth = 64;
  const auto limit_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kMaxDepth)
      throw Error(ErrorKind::kData, fmt::format("{} is not valid JSON: nested deeper than {} levels", what, kMaxDepth),
                  kDamagedHint, path);
    return true;
  };
  try {
    return nlohmann::json::parse(text, limit_depth);
  } catch (const nlohmann::json::exception& e) {
    const auto* parse_error = dynamic_cast<const nlohmann::json::parse_error*>(&e);
    throw Error(ErrorKind::kData,
                fmt::format("{} is not valid JSON (byte {})", what, parse_error ? parse_error->byte : text.size()),
                kDamagedHint, path);
  }
}

std::string json_line(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace gulo
