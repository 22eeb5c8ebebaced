// Stands in for cuda/device_group.cpp where the build has no CUDA.
#include "engine/cluster/device_group.h"

#include "base/error.h"

namespace gulo {

c10::intrusive_ptr<c10d::Backend> make_device_group(const c10::intrusive_ptr<c10d::Store>&, int, int,
                                                    std::chrono::milliseconds) {
  throw Error(ErrorKind::kDevice, "this build has no CUDA", "use --device cpu, or leave --device out");
}

}  // namespace gulo
