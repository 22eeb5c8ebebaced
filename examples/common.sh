# What the examples share. Source it: it goes to the project's root and builds gulo if need be.
#
# BUDGET=20s  what each example gives gulo
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=build/examples
budget=${BUDGET:-20s}
[ -x build/gulo ] || make build
mkdir -p "$work"

# package NAME: a Debian package's files, below $work/NAME; nothing is installed.
package() {
  [ ! -d "$work/$1" ] || return 0
  echo "fetching the Debian package $1"
  (cd "$work" && apt-get download -qq "$1" 2>/dev/null) ||
    { echo "example: apt-get cannot download $1 (no network, or not a Debian system)" >&2; exit 77; }
  dpkg-deb -x "$work"/"$1"_*.deb "$work/$1.part" && mv "$work/$1.part" "$work/$1"
}

# with_sklearn ARGUMENTS: Python with scikit-learn, whose bundled data sets some examples take.
with_sklearn() {
  [ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
  "$work/venv/bin/python" -c 'import sklearn' 2>/dev/null ||
    "$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check scikit-learn==1.7.2 ||
    { echo "example: pip cannot install scikit-learn (no network?)" >&2; exit 77; }
  "$work/venv/bin/python" "$@"
}

# A file goes to the test part by the length of its name: about one of five, the same ones on every machine.
part_of() { [ $((${#1} % 5)) = 0 ] && echo test || echo train; }

run() {
  echo "\$ $*"
  "$@"
}

# recognise NAME DATA: the whole job.
recognise() {
  run build/gulo train "$2" -o "$work/$1.gulo" --budget "$budget"
  run build/gulo test "$work/$1.gulo" "$2" --report "$work/$1.html"
}
