#!/usr/bin/env bash
# Builds gulo with CUDA on a machine that has a device but perhaps no network, runs the tests that need one, and measures.
#
#   bench/gpu.sh --pack     on a machine with apt-packages.txt installed: puts what the build takes from Debian packages into
#                           .deps/ (some MB of headers and fmt), to be carried along with the sources
#   bench/gpu.sh [OUT [CIFAR]]   on the machine with the device; results go to OUT (default: bench/results/gpu). CIFAR: CIFAR-10 as
#                           JPEG files, train/LABEL/FILE and test/LABEL/FILE; without it the time to 94 % and 96 % is left out
#   bench/gpu.sh --dry-run OUT [DATA]   what follows the build, shortened and without a device, by the programs in build/
#
# Needs nvcc, a C++20 compiler, cmake and ninja on the PATH, and a python3 with a CUDA wheel of torch >= 2.11 (GULO_PYTHON
# names another). fmt, nlohmann_json, CLI11, xxhash, Highway and GoogleTest come from the system or from .deps/. Libraries of
# formats that are missing cost those formats.
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

# PyTorch beside gpu_bench, and the time to a recogniser. Neither keeps the other from being taken.
measure_rest() {
  local build=$1 data=$2 accuracy=$3
  shift 3
  "$python" bench/torch_steps.py "$@" >"$out/torch.json" || echo "gpu: no figures of PyTorch" >&2
  # shellcheck disable=SC2086  # several numbers
  "$python" bench/time_to_accuracy.py "${data:-CIFAR, which was not given}" --gulo "$build/gulo" --accuracy $accuracy \
    ${budgets:+--first $budgets --most $budgets} --out "$out/time_to_accuracy.json" >/dev/null || echo "gpu: no time to a recogniser" >&2
  "$python" bench/gpu_table.py "$out" | tee "$out/table.md"
}

python=${GULO_PYTHON:-python3}
if [ "${1:-}" = --dry-run ]; then
  out=${2:?gpu: --dry-run needs OUT}
  mkdir -p "$out"
  budgets=3 measure_rest build "${3:-}" 0.5 --device cpu --width 16 --batch 4 --steps 1 --workers 1
  exit
fi

out=${1:-bench/results/gpu}
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
build-gpu/gpu_bench >"$out/gpu.json" || failed=1
measure_rest build-gpu "${2:-}" "0.94 0.96"
exit $failed
