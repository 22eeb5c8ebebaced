// For tests: what an Error says.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace gulo {

// Runs `body`, expects an Error of that kind, and returns its whole text.
template <class Body>
std::string error_text(ErrorKind kind, const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return "";
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace gulo
