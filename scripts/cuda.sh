#!/usr/bin/env bash
# Builds gulo with CUDA in build-cuda/ against a CUDA wheel of torch, and runs the tests that this build is about: those of the
# kernels and of the engine. On a machine without a device the device's tests report "skipped", and everything else runs:
# that the CUDA variant compiles, links, starts and computes right on the CPU is known before anyone has a GPU.
#
# --setup              only make .venv-cuda
# GULO_PYTHON=python3  take torch from that interpreter, cmake and ninja from the PATH, instead of making .venv-cuda
#
# nvcc is taken from the PATH or /usr/local/cuda; where there is none it comes as a wheel into .venv-cuda. Only what the tests
# need is built, as all else is the same as in build/, whose tests have run.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH:/usr/local/cuda/bin"
python=${GULO_PYTHON:-$PWD/.venv-cuda/bin/python3}
stamp=.venv-cuda/.requirements.sha256

# A venv that holds the two lists, made once.
make_venv() {
  local lists=(requirements-cuda.txt)
  command -v nvcc >/dev/null || lists+=(requirements-nvcc.txt)
  if [ -x .venv-cuda/bin/python3 ] && [ "$(cat "${lists[@]}" | sha256sum)" = "$(cat "$stamp" 2>/dev/null)" ]; then return; fi
  echo "cuda: installing ${lists[*]} into .venv-cuda (a minute or two; torch is large)" >&2
  rm -f "$stamp"
  python3 -m venv --clear .venv-cuda
  .venv-cuda/bin/python3 -m pip install --quiet --no-compile --disable-pip-version-check "${lists[@]/#/--requirement=}"
  cat "${lists[@]}" | sha256sum >"$stamp"
}

[ -n "${GULO_PYTHON:-}" ] || make_venv
[ "${1:-}" != --setup ] || exit 0
if ! command -v nvcc >/dev/null; then
  nvcc=$(compgen -G '.venv-cuda/lib/python3*/site-packages/nvidia/*/bin/nvcc' | tail -1) ||
    { echo "cuda: there is no nvcc on the PATH" >&2; exit 1; }
  toolkit=$PWD/${nvcc%/bin/nvcc}
  ln -sfn lib "$toolkit/lib64"  # where nvcc looks; the wheel calls it lib
  export CUDACXX=$toolkit/bin/nvcc
fi

targets=(gulo gulo-engine gulo_kernel_test gulo_engine_device_test gulo_engine_feed_test gulo_engine_net_test gulo_engine_cluster_test gulo_engine_train_test)
cmake --preset cuda -D GULO_PYTHON="$python" >/dev/null
cmake --build build-cuda --target "${targets[@]}" --parallel "$(nproc)"
export OMP_WAIT_POLICY=PASSIVE
# Each program's tests are shared out, as one of them takes longer than all others.
export GTEST_TOTAL_SHARDS=2
for program in build-cuda/gulo_*_test; do printf '%s\0' 0 "$program" 1 "$program"; done |
  xargs -0 -P 2 -n 2 bash -c 'set -o pipefail; echo "$1, part $0"
  GTEST_SHARD_INDEX=$0 "$1" --gtest_brief=1 2>&1 | { grep -v -e "Skipped$" -e "^no CUDA device" || true; }'
build-cuda/gulo doctor
