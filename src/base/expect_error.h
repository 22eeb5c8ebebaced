// For tests: what an Error, or a text, says.
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

inline void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace gulo
