// The main of the engine's unit tests, of which ctest starts one process each.
#include <gtest/gtest.h>

#include "base/exit_at_once.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gulo::exit_at_once(RUN_ALL_TESTS());
}
