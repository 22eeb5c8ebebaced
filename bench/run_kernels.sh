#!/bin/sh
# Runs kernels_bench and writes bench/results/kernels.json and the table of ratios. Usage: bench/run_kernels.sh [BUILD_FOLDER]
#
# OMP_NUM_THREADS sets the threads (default: all cores). The ways take turns at random and each is timed 9 times, so that a
# machine that is busy for a while slows all of them alike.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$root/build}/kernels_bench
[ -x "$program" ] || { echo "$program is not there: configure with -DGULO_BENCH=ON and build kernels_bench" >&2; exit 2; }

raw=$(mktemp)
trap 'rm -f "$raw"' EXIT
export OMP_WAIT_POLICY=PASSIVE  # as gulo runs its engine
"$program" --benchmark_min_time=0.05 --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true \
  --benchmark_report_aggregates_only=false --benchmark_out="$raw" --benchmark_out_format=json >/dev/null
python3 "$root/bench/summarise_kernels.py" "$raw" "$root/bench/results/kernels.json"
