// Stands in for the .cu files where the build has no CUDA.
#include "base/error.h"
#include "kernel/byte_stem.h"
#include "kernel/cuda_device.h"
#include "kernel/neighbour_norm.h"
#include "kernel/ngram_bag.h"
#include "kernel/slot_bytes.h"
#include "kernel/slot_cells.h"
#include "kernel/slot_pixels.h"
#include "kernel/slot_samples.h"
#include "kernel/softmax_cross_entropy.h"

namespace gulo {

namespace {
constexpr const char* kNoCuda = "this build has no CUDA";
[[noreturn]] void no_cuda() { throw Error(ErrorKind::kDevice, kNoCuda, "use --device cpu, or leave --device out"); }
}  // namespace

std::vector<CudaDevice> cuda_devices(std::string* why) {
  if (why) *why = kNoCuda;
  return {};
}
double probe_upload_bytes_per_s(int) { no_cuda(); }
double probe_peer_bytes_per_s(int, int) { no_cuda(); }
void CudaDeleter::operator()(void*) const {}
CudaMemory allocate_cuda(size_t) { no_cuda(); }
void copy_to_cuda(void*, const void*, size_t) { no_cuda(); }
void copy_from_cuda(void*, const void*, size_t) { no_cuda(); }

void byte_stem_forward_cuda(const ByteStemShape&, const uint16_t*, const float*, const float*, const uint8_t*, float*,
                            void*) {
  no_cuda();
}
void byte_stem_forward_cuda(const ByteStemShape&, const uint16_t*, const float*, const float*, const uint8_t*,
                            uint16_t*, void*) {
  no_cuda();
}
size_t byte_stem_backward_workspace(const ByteStemShape&) { no_cuda(); }
void byte_stem_backward_cuda(const ByteStemShape&, const uint16_t*, const float*, float*, float*, float*, void*) {
  no_cuda();
}
void byte_stem_backward_cuda(const ByteStemShape&, const uint16_t*, const uint16_t*, float*, float*, float*, void*) {
  no_cuda();
}

void neighbour_norm_forward_cuda(const NeighbourNormForward<float>&, void*) { no_cuda(); }
void neighbour_norm_forward_cuda(const NeighbourNormForward<uint16_t>&, void*) { no_cuda(); }
void neighbour_norm_backward_cuda(const NeighbourNormBackward<float>&, void*) { no_cuda(); }
void neighbour_norm_backward_cuda(const NeighbourNormBackward<uint16_t>&, void*) { no_cuda(); }

void ngram_bag_extract_cuda(const NgramBagShape&, const NgramBagItems&, bool, uint64_t*, const NgramBagIds&, void*) {
  no_cuda();
}
void ngram_bag_forward_cuda(const float*, int, const NgramBagIds&, float*, void*) { no_cuda(); }
void ngram_bag_update_cuda(float*, int, const NgramBagIds&, const float*, const float*, void*) { no_cuda(); }

void slot_bytes_cuda(const SlotBytes&, void*) { no_cuda(); }
void slot_cells_cuda(const SlotCells&, void*) { no_cuda(); }
void slot_pixels_cuda(const SlotPixels<float>&, void*) { no_cuda(); }
void slot_pixels_cuda(const SlotPixels<uint16_t>&, void*) { no_cuda(); }
void slot_samples_cuda(const SlotSamples&, void*) { no_cuda(); }

void softmax_cross_entropy_cuda(const SoftmaxCrossEntropy&, void*) { no_cuda(); }

}  // namespace gulo
