// JSON out of files that nobody vouches for.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gulo {

// Throws Error (kData) "WHAT is not valid JSON ..." also where it is nested deeper than 64 levels, because the library
// copies, prints and frees by recursion.
nlohmann::json parse_json(std::string_view text, const std::string& what, const std::string& path);

// One line of valid UTF-8: other bytes become U+FFFD, numbers that are not finite become null.
std::string json_line(const nlohmann::json& json);

// The hint of every Error about a file that was right once.
inline constexpr const char* kDamagedHint = "the file is damaged: copy it again or train again";

}  // namespace gulo
