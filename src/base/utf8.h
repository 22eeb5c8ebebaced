// Names and labels hold any bytes; what people, JSON and HTML see is UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace gulo {

// `bytes` as they are, but each byte that is part of no valid UTF-8 sequence (RFC 3629: no overlong forms, no
// surrogates) is written \xNN (hexadecimal, lower case), so that different names stay different.
std::string printable_utf8(std::string_view bytes);

}  // namespace gulo
