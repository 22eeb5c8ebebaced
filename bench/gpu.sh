#!/usr/bin/env bash
# Builds gulo with CUDA on a machine that has a device but perhaps no network, runs the tests that need one, and measures.
#
#   bench/gpu.sh --pack     on a machine with apt-packages.txt installed: puts what the build takes from Debian packages into
#                           .deps/ (some MB of headers and fmt), to be carried along with the sources
#   bench/gpu.sh [OUT]      on the machine with the device; results go to OUT (default: bench/results/gpu)
#
# Needs nvcc, a C++20 compiler, cmake and ninja on the PATH, and a python3 with a CUDA wheel of torch >= 2.11 (GULO_PYTHON
# names another). fmt, nlohmann_json, CLI11, xxhash, Highway and GoogleTest come from the system or from .deps/. Libraries of
# formats that are missing cost those formats; without libhwy the CPU's kernels are compiled for one instruction set.
# GULO_CUDA_ARCHITECTURES=90 (default: the device's own) says what the kernels are compiled for.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=(libfmt-dev nlohmann-json3-dev libcli11-dev libxxhash-dev libhwy-dev libgtest-dev)

# The packages' files with their paths. pkg-config's are left out: they name /usr.
pack() {
  local fmt
  fmt=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'libfmt[0-9]*' | sed -n 's/^installed //p')
  rm -rf .deps
  mkdir .deps
  # shellcheck disable=SC2086  # there may be several
  dpkg -L "${packages[@]}" $fmt | grep -E '^/usr/(include|lib)/|^/usr/share/(cmake|nlohmann)' | grep -v pkgconfig | sort -u |
    while read -r path; do [ -d "$path" ] || echo "${path#/}"; done | tar -C / -cf - -T - | tar -C .deps -xf -
  du -sh .deps
}

if [ "${1:-}" = --pack ]; then
  pack
  exit
fi

out=${1:-bench/results/gpu}
python=${GULO_PYTHON:-python3}
export PATH="$PATH:/usr/local/cuda/bin"
mkdir -p "$out"
for tool in nvcc cmake ninja "$python"; do
  command -v "$tool" >/dev/null || { echo "gpu: '$tool' is not on the PATH" >&2; exit 1; }
done
architecture=${GULO_CUDA_ARCHITECTURES:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d .)}

options=(-D GULO_CUDA=ON -D GULO_PYTHON="$(command -v "$python")" -D GULO_CUDA_ARCHITECTURES="$architecture")
[ ! -d .deps ] || options+=(-D CMAKE_PREFIX_PATH="$PWD/.deps/usr")
cmake -S . -B build-gpu -G Ninja -D CMAKE_BUILD_TYPE=Release "${options[@]}" >"$out/cmake.log" || { tail -20 "$out/cmake.log"; exit 1; }
cmake --build build-gpu --target gulo gulo-engine gulo_kernel_test gulo_engine_net_test gulo_engine_train_test gpu_bench \
  --parallel "$(nproc)" >"$out/build.log" || { grep -m 5 -A 5 -e FAILED -e 'error:' "$out/build.log"; exit 1; }
echo "gpu: built for $architecture"

# A failing test does not keep the figures from being taken; it is what the script ends with.
failed=0
for test in build-gpu/gulo_*_test; do
  "$test" --gtest_brief=1 >"$out/$(basename "$test").log" 2>&1 || failed=1
  tail -3 "$out/$(basename "$test").log"
done
build-gpu/gulo doctor --json >"$out/doctor.json"
build-gpu/gulo doctor
build-gpu/gpu_bench | tee "$out/gpu.json"
exit $failed
