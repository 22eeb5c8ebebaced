#!/usr/bin/env bash
# fuzz.sh [SECONDS]: lets libFuzzer look for files on which a reader, or after it a table's, crashes, reads outside of the file,
# takes too much memory or never ends, under AddressSanitizer and UndefinedBehaviorSanitizer. 10 seconds by default; a nightly run takes 60.
# What it finds is written to build-fuzz/findings/; `build-fuzz/reader_fuzz FILE` or
# `build-fuzz/table_fuzz FILE` runs it once more.
#
# CXX=clang++-19  that compiler instead of clang++
set -euo pipefail
cd "$(dirname "$0")/.."
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan.supp:print_suppressions=0"
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
    -D CMAKE_BUILD_TYPE=RelWithDebInfo -D CMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -D GULO_ENGINE=OFF -D GULO_TESTS=OFF \
    -D GULO_FUZZ=ON -D GULO_SANITIZE=address,undefined -D GULO_TOGETHER=light &&
    cmake --build build-fuzz --target reader_fuzz table_fuzz make_corpus --parallel "${JOBS:-$(nproc)}"; } >"$log" 2>&1 ||
  { cat "$log" >&2; exit 1; }

# Each begins with the byte that picks the format (fuzz/table_fuzz.cpp).
make_table_seeds() {
  local folder=build-fuzz/table_seeds
  mkdir -p $folder
  printf '\000a,2,label\n1,"x, ""y""",p\n2,?,q\n3,,p\n' >$folder/csv
  printf '\0011\t2\t3\tp\r\n4\t\t\tq\r\n' >$folder/series
  printf '\002a;2;label\n1;2;p\n' >$folder/columns
  printf '\0231,2,p,4\n5,6,q,8\n' >$folder/unlabelled
  printf '\004@classLabel true p q\n@equalLength true\n@data\n1,2:3,?:p\n4,5:6,7:q\n' >$folder/ts
  printf '\005\022\000\000\000\010\003\000\000\000\002\000\000\000\001\000\000\000\001xy\000\000\010\001\000\000\000\002\000\001' >$folder/idx
  printf '\007{"a":1,"label":"p","b":[1,{"c":null}]}\n{"label":"q","a":"x\\u00e4"}\n{"label":"p"}\n' >$folder/json
  printf '\010{"a":"x y","label":true}\n{"a":"z","label":false}\n{"label":true}\n' >$folder/json_text
  local head="'fortran_order': False, 'shape': (2"
  printf "\\006\\112\\000\\223NUMPY\\001\\000\\074\\000{'descr': '|u1', $head, 2), }\\nabcd\\223NUMPY\\001\\000\\072\\000{'descr': '|u1', $head,), }\\nxy" >$folder/npz
}

# fuzz PROGRAM SEEDS. Options: the largest file tried, memory of the whole process and of one allocation, seconds that one file
# may take.
fuzz() {
  local log
  log=$(mktemp)
  mkdir -p "build-fuzz/corpus/$1" build-fuzz/findings
  if "build-fuzz/$1" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=10 \
    -artifact_prefix=build-fuzz/findings/ -print_final_stats=1 "build-fuzz/corpus/$1" "$2" >"$log" 2>&1; then
    say "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") files in $seconds s, nothing found"
    rm -f "$log"
  else
    tail -60 "$log" >&2
    say "$1 found something: see above and build-fuzz/findings/"
    rm -f "$log"
    return 1
  fi
}

build-fuzz/make_corpus build-fuzz/seeds
make_table_seeds
fuzz reader_fuzz build-fuzz/seeds &
reader_fuzz=$!
failed=0
fuzz table_fuzz build-fuzz/table_seeds || failed=1
wait "$reader_fuzz" || failed=1
exit $failed
