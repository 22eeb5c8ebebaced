// Apart, as nvcc does not compile fmt, which base/error.h includes.
#pragma once

namespace gulo {

// Throws Error (kDevice): "ngram_bag forward: out of memory".
[[noreturn]] void throw_cuda_error(const char* what, const char* reason);

}  // namespace gulo
