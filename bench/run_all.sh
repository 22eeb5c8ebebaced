#!/usr/bin/env bash
# All benchmarks, one after the other; what they print lies in bench/results/ and in the README's table.
# DATA=FOLDER      holds isa.tar.zst, isa256.tar.zst, spamassassin.tar.zst and sst2.tar.zst, or folders of these names; what is
#                  not there is left out
# MAGIKA_VENV=DIR  a virtual environment for the peers (default build/magika); PEERS=0 leaves them out
set -euo pipefail
cd "$(dirname "$0")/.."
: "${DATA:?give the folder of data sets: make bench DATA=folder}"
python3 bench/byte_sets.py "$DATA"
python3 bench/file_types.py
if [ "${PEERS:-1}" = 1 ]; then
  python3 bench/peers/predict_peers.py build/bench-types/types-wide.gulo --magika-venv "${MAGIKA_VENV:-build/magika}" \
    --json bench/results/predict.json
fi
python3 bench/readme_table.py
