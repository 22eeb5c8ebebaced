#include "kernel/cuda_error.h"

#include <fmt/core.h>

#include "base/error.h"

namespace gulo {

void throw_cuda_error(const char* what, const char* reason) {
  throw Error(ErrorKind::kDevice, fmt::format("{}: {}", what, reason),
              "look with nvidia-smi whether the device works and has memory left, or use --device cpu");
}

}  // namespace gulo
