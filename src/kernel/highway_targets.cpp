// Which of Highway's targets this processor has, for x86: the functions of hwy/targets.h, which run-time dispatch asks.
// libhwy has them too, but takes 6 ms to be loaded, since it measures its timer then: a third of what a cold prediction
// takes. What a target needs is as in Highway's own targets.cc.
#include <hwy/targets.h>

#if HWY_ARCH_X86_64 && !defined(HWY_COMPILE_ONLY_STATIC)
#include <atomic>

namespace hwy {
namespace {

int64_t targets_of_this_processor() {
  __builtin_cpu_init();
#define GULO_HAS(feature) (__builtin_cpu_supports(feature) != 0)
  int64_t targets = HWY_STATIC_TARGET;
  if (!(GULO_HAS("sse3") && GULO_HAS("ssse3"))) return targets;
  targets |= HWY_SSSE3;
  if (!(GULO_HAS("sse4.1") && GULO_HAS("sse4.2") && GULO_HAS("pclmul") && GULO_HAS("aes"))) return targets;
  targets |= HWY_SSE4;
  if (!(GULO_HAS("avx2") && GULO_HAS("lzcnt") && GULO_HAS("bmi") && GULO_HAS("bmi2") && GULO_HAS("fma") &&
        GULO_HAS("f16c")))
    return targets;
  targets |= HWY_AVX2;
  if (!(GULO_HAS("avx512f") && GULO_HAS("avx512vl") && GULO_HAS("avx512dq") && GULO_HAS("avx512bw") &&
        GULO_HAS("avx512cd")))
    return targets;
  targets |= HWY_AVX3;
  if (GULO_HAS("avx512vnni") && GULO_HAS("vpclmulqdq") && GULO_HAS("avx512vbmi") && GULO_HAS("avx512vbmi2") &&
      GULO_HAS("vaes") && GULO_HAS("avx512vpopcntdq") && GULO_HAS("avx512bitalg") && GULO_HAS("gfni"))
    targets |= HWY_AVX3_DL;
#undef GULO_HAS
  return targets;
}

std::atomic<int64_t> disabled{0}, for_test{0};

}  // namespace

int64_t SupportedTargets() {
  static const int64_t found = targets_of_this_processor();
  const int64_t asked = for_test.load();
  const int64_t targets = (asked != 0 ? asked : found) & ~disabled.load();
  return targets != 0 ? targets : HWY_STATIC_TARGET;
}

void DisableTargets(int64_t disabled_targets) {
  disabled = disabled_targets;
  GetChosenTarget().DeInit();
}

void SetSupportedTargetsForTest(int64_t targets) {
  for_test = targets;
  GetChosenTarget().DeInit();
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
#endif
