# What the examples share. Source it: it goes to the project's root and builds gulo if need be.
#
# BUDGET=20s  what each example gives gulo
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=build/examples
budget=${BUDGET:-20s}
[ -x build/gulo ] || make build
mkdir -p "$work"

# packages NAME...: the files of Debian packages, below $work/NAME; nothing is installed.
packages() {
  local name missing=()
  for name; do [ -d "$work/$name" ] || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "fetching the Debian packages ${missing[*]}"
  (cd "$work" && apt-get download -qq "${missing[@]}" 2>/dev/null) ||
    { echo "example: apt-get cannot download ${missing[*]} (no network, or not a Debian system)" >&2; exit 77; }
  for name in "${missing[@]}"; do
    dpkg-deb -x "$work/${name}"_*.deb "$work/$name.part" && mv "$work/$name.part" "$work/$name"
  done
}

# with_sklearn ARGUMENTS: Python with scikit-learn, whose bundled data sets some examples take.
with_sklearn() {
  [ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
  "$work/venv/bin/python" -c 'import sklearn' 2>/dev/null ||
    "$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check scikit-learn==1.7.2 ||
    { echo "example: pip cannot install scikit-learn (no network?)" >&2; exit 77; }
  "$work/venv/bin/python" "$@"
}

# deal FOLDER LABEL FROM PATTERN: copies the files below FROM whose names match to FOLDER/train/LABEL or FOLDER/test/LABEL, by
# the length of their paths: about one of five is for testing, the same ones on every machine.
deal() {
  local folder=$PWD/$1 label=$2 path train=() test=()
  pushd "$3" >/dev/null
  while read -r path; do
    if [ $((${#path} % 5)) = 0 ]; then test+=("$path"); else train+=("$path"); fi
  done < <(find . -type f -name "$4")
  mkdir -p "$folder"/{train,test}/"$label"
  cp --parents -t "$folder/train/$label" "${train[@]}"
  cp --parents -t "$folder/test/$label" "${test[@]}"
  popd >/dev/null
}

run() {
  echo "\$ $*"
  "$@"
}

# recognise NAME DATA: the whole job.
recognise() {
  run build/gulo train "$2" -o "$work/$1.gulo" --budget "$budget"
  run build/gulo test "$work/$1.gulo" "$2" --report "$work/$1.html"
}
