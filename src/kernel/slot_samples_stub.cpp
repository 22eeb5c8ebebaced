// Stands in for slot_samples.cu where the build has no CUDA.
#include "kernel/slot_samples.h"

#include "base/error.h"

namespace gulo {

void slot_samples_cuda(const SlotSamples&, void*) {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of slot_samples", "use --device cpu");
}

}  // namespace gulo
