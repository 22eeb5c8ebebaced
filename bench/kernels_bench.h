// What the benchmarks of all kernels share. A benchmark is called KERNEL/SETTING/PASS/WAY; within the same first three
// the way "own" is compared with the others, which do the same work with LibTorch.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>

namespace gulo {

// Times `body` by the wall clock: all ways use all of LibTorch's threads. input_bytes: raw bytes that one call
// consumes.
inline void register_way(const std::string& name, int64_t input_bytes, std::function<void()> body) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [input_bytes, body = std::move(body)](benchmark::State& state) {
                                 for (auto _ : state) body();
                                 state.SetBytesProcessed(state.iterations() * input_bytes);
                               })
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void register_byte_stem();
void register_cell_neighbours();
void register_ngram_bag();
void register_pixel_body();

}  // namespace gulo
