// Every kernel against LibTorch's own ways, side by side in one process on the same threads.
//
// OMP_NUM_THREADS sets the threads. Google Benchmark's options apply; bench/run_kernels.sh gives those that count.
#include "kernels_bench.h"

#include <ATen/Parallel.h>
#include <fmt/core.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <malloc.h>

int main(int argc, char** argv) {
  // As gulo-engine does: large tensors stay in the heap, so no way pays for fresh pages at every call.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);

  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("torch", GULO_TORCH_VERSION);
  benchmark::AddCustomContext("threads", std::to_string(at::get_num_threads()));
  benchmark::AddCustomContext("highway", fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH));
  benchmark::AddCustomContext("instruction_set", hwy::TargetName(hwy::SupportedAndGeneratedTargets().front()));
  gulo::register_byte_stem();
  gulo::register_cell_neighbours();
  gulo::register_ngram_bag();
  gulo::register_pixel_body();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
