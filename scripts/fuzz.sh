#!/usr/bin/env bash
# fuzz.sh [SECONDS]: lets libFuzzer look for files on which a reader crashes, reads outside of the file, takes too much memory
# or never ends, under AddressSanitizer and UndefinedBehaviorSanitizer. 10 seconds by default; a nightly run takes 60.
# What it finds is written to build-fuzz/findings/; `build-fuzz/reader_fuzz FILE` runs it once more.
#
# CXX=clang++-19  that compiler instead of clang++
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
seconds=${1:-10}
compiler=${CXX:-clang++}

say() { echo "fuzz: $*" >&2; }

if ! command -v "$compiler" >/dev/null; then
  say "there is no $compiler, and libFuzzer is a part of clang: NOT RUN. Install it: apt-get install clang libclang-rt-14-dev"
  exit 0
fi
if ! echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' |
  "$compiler" -x c++ -fsanitize=fuzzer,address,undefined - -o /dev/null 2>/dev/null; then
  say "$compiler has no libFuzzer: NOT RUN. Install its compiler-rt, of its version: apt-get install libclang-rt-14-dev"
  exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake -S . -B build-fuzz -G Ninja -D CMAKE_CXX_COMPILER="$compiler" -D CMAKE_C_COMPILER="${compiler/++/}" \
    -D CMAKE_BUILD_TYPE=RelWithDebInfo -D GULO_ENGINE=OFF -D GULO_TESTS=OFF -D GULO_FUZZ=ON \
    -D GULO_SANITIZE=address,undefined &&
    cmake --build build-fuzz --target reader_fuzz make_corpus --parallel "${JOBS:-$(nproc)}"; } >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }

mkdir -p build-fuzz/corpus build-fuzz/findings
build-fuzz/make_corpus build-fuzz/seeds
# Options: the largest file tried, memory of the whole process and of one allocation, seconds that one file may take.
if build-fuzz/reader_fuzz -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=10 \
  -artifact_prefix=build-fuzz/findings/ -print_final_stats=1 build-fuzz/corpus build-fuzz/seeds >"$log" 2>&1; then
  say "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") files in $seconds s, nothing found"
else
  tail -60 "$log" >&2
  say "found something: see above and build-fuzz/findings/"
  exit 1
fi
