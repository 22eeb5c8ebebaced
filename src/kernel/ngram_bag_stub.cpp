// What a build without CUDA says.
#include "base/error.h"
#include "kernel/ngram_bag.h"

namespace gulo {

namespace {
[[noreturn]] void no_cuda() {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of ngram_bag", "use --device cpu");
}
}  // namespace

void ngram_bag_extract_cuda(const NgramBagShape&, const NgramBagItems&, bool, uint64_t*, const NgramBagIds&, void*) {
  no_cuda();
}
void ngram_bag_forward_cuda(const float*, int, const NgramBagIds&, float*, void*) { no_cuda(); }
void ngram_bag_update_cuda(float*, int, const NgramBagIds&, const float*, const float*, void*) { no_cuda(); }

}  // namespace gulo
