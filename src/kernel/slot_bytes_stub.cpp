// Stands in for slot_bytes.cu where the build has no CUDA.
#include "kernel/slot_bytes.h"

#include "base/error.h"

namespace gulo {

void slot_bytes_cuda(const SlotBytes&, void*) {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of slot_bytes", "use --device cpu");
}

}  // namespace gulo
