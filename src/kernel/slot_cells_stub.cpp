// Stands in for slot_cells.cu where the build has no CUDA.
#include "kernel/slot_cells.h"

#include "base/error.h"

namespace gulo {

void slot_cells_cuda(const SlotCells&, void*) {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of slot_cells", "use --device cpu");
}

}  // namespace gulo
