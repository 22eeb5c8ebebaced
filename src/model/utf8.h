// Text of any origin made valid UTF-8: file and label names come in every encoding, JSON and HTML take only one.
#pragma once

#include <string>
#include <string_view>

namespace gulo {

// Every byte that is not part of a valid UTF-8 sequence (RFC 3629: no overlong forms, no surrogates) becomes the four
// characters \xNN, so that different names stay different; valid text is returned as it is.
std::string valid_utf8(std::string_view text);

}  // namespace gulo
