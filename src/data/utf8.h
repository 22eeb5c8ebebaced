// Names hold any bytes; what people and JSON see is UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace gulo {

// `bytes` as they are, but each byte that is part of no valid UTF-8 sequence is written \xNN (hexadecimal, lower case).
std::string printable_utf8(std::string_view bytes);

}  // namespace gulo
