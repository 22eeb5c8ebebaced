// Stands in for slot_pixels.cu where the build has no CUDA.
#include "kernel/slot_pixels.h"

#include "base/error.h"

namespace gulo {

namespace {
[[noreturn]] void no_cuda() {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of slot_pixels", "use --device cpu");
}
}  // namespace

void slot_pixels_cuda(const SlotPixels<float>&, void*) { no_cuda(); }
void slot_pixels_cuda(const SlotPixels<uint16_t>&, void*) { no_cuda(); }

}  // namespace gulo
