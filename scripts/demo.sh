#!/usr/bin/env bash
# The main job on this machine's own files: collect, train, test, report, predict. Prints how long each part took.
#
# ROOTS='/usr /home'  folders to collect from (default: the system's own);  BUDGET=60s  the computing time to train with
set -euo pipefail
export LC_NUMERIC=C
cd "$(dirname "$0")/.."
data=demo/data
model=demo/types.gulo
report=demo/report.html
budget=${BUDGET:-60s}
declare -a timings=()

heading() { printf '\n\033[1m%s\033[0m\n' "$1"; }

# step TEXT COMMAND...: runs the command under a heading and notes its time.
step() {
  local text=$1 start=$EPOCHREALTIME status=0
  shift
  heading "$text"
  "$@" || status=$?
  timings+=("$(awk -v from="$start" -v to="$EPOCHREALTIME" -v text="$text" \
    'BEGIN { printf "%7.1f s  %s", to - from, text }')")
  return $status
}

# Shows a command as one would type it, then runs it.
run() {
  echo "$ $*"
  "$@"
}

# Prints the path of a large file of the test part that came from a file named *.EXTENSION.
largest_of() {
  find "$data/test/$1" -type f -size +16k -printf '%s %p\n' 2>/dev/null | sort -rn | sed -n '1s/^[0-9]* //p'
}

# Three trials off the trodden path: files that no one labelled, a file with a wrong name, a piece without its head.
predict_elsewhere() { run build/gulo predict "$model" /etc/passwd build/gulo LICENSE CMakeLists.txt scripts/demo_data.py; }
predict_wrong_name() {
  cp "$image" demo/trials/holiday-notes.txt
  echo "(holiday-notes.txt is a .$image_type file)"
  run build/gulo predict "$model" demo/trials/holiday-notes.txt
}
predict_piece() {
  local size
  size=$(stat -c %s "$long")
  dd if="$long" of=demo/trials/piece bs=4096 skip=$((size / 8192)) count=1 status=none
  echo "(piece is 4 KiB out of the middle of a .$long_type file of $size bytes)"
  run build/gulo predict "$model" demo/trials/piece --top 3
}

mkdir -p demo/trials
# shellcheck disable=SC2086  # ROOTS is a list
step "Collect labelled files of this machine" run python3 scripts/demo_data.py "$data" ${ROOTS:-}
step "Train with $budget of computing time" run build/gulo train "$data" -o "$model" --budget "$budget"
step "Test on files from other directories" run build/gulo test "$model" "$data" --report "$report"
step "Predict files from elsewhere" predict_elsewhere
for image_type in png svg jpg gif so executable; do image=$(largest_of $image_type) && [ -n "$image" ] && break; done
for long_type in html py so executable h; do long=$(largest_of $long_type) && [ -n "$long" ] && break; done
[ -z "$image" ] || step "Predict a file with a wrong extension" predict_wrong_name
[ -z "$long" ] || step "Predict 4 KiB out of the middle of a file" predict_piece

heading "How long it took"
printf '%s\n' "${timings[@]}"
echo "The recogniser is $model ($(stat -c %s "$model" | awk '{ printf "%.1f MiB", $1 / 1048576 }'));" \
  "open $report in a browser."
