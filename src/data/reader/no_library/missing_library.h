// What a reader does whose library the build did not find.
#pragma once

#include <fmt/core.h>

#include <string_view>

#include "base/error.h"

namespace gulo {

// Throws Error (kData): "this build of gulo has no libwebp and reads no WebP files".
[[noreturn]] inline void fail_without_library(std::string_view format, std::string_view library,
                                              std::string_view debian_package) {
  throw Error(ErrorKind::kData, fmt::format("this build of gulo has no {} and reads no {} files", library, format),
              fmt::format("install {} and build gulo again, or give the files as bytes (--as bytes)", debian_package));
}

}  // namespace gulo
