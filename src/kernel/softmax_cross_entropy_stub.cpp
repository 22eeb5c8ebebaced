// Stands in for softmax_cross_entropy.cu where the build has no CUDA.
#include "kernel/softmax_cross_entropy.h"

#include "base/error.h"

namespace gulo {

void softmax_cross_entropy_cuda(const SoftmaxCrossEntropy&, void*) {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of softmax_cross_entropy", "use --device cpu");
}

}  // namespace gulo
