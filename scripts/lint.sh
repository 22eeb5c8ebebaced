#!/usr/bin/env bash
# lint.sh changed|all: clang-format and clang-tidy. `changed` looks at what differs from the main branch, `all` at everything.
# clang-tidy reads the light side's sources only: a file of the engine takes it the better part of a minute in torch's headers,
# and GoogleTest's macros are not ours to mend.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

# Paths of C++ sources, NUL-separated, that exist: of the whole tree, or those that differ from the main branch or are new.
sources() {
  local patterns=('*.h' '*.cpp' '*.cu') base
  if [ "$1" = all ]; then
    git ls-files -z --cached --others --exclude-standard -- "${patterns[@]}"
  else
    base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
    git diff -z --name-only --diff-filter=d "$base" -- "${patterns[@]}"
    git ls-files -z --others --exclude-standard -- "${patterns[@]}"
  fi
}

mapfile -d '' -t files < <(sources "${1:?changed or all}" | sort -zu)
existing=()
for file in "${files[@]}"; do [ -e "$file" ] && existing+=("$file"); done
if [ ${#existing[@]} = 0 ]; then
  echo "lint: nothing to look at"
  exit 0
fi
echo "lint: clang-format on ${#existing[@]} files"
if ! complaints=$(clang-format --dry-run -Werror "${existing[@]}" 2>&1); then
  echo "lint: not formatted (\`make format\` does it):"
  sed -n 's/:[0-9]*:[0-9]*: error: .*//p' <<<"$complaints" | sort -u
  exit 1
fi

tidied=()
for file in "${existing[@]}"; do
  case $file in
    src/engine/* | *_test.cpp) ;;
    src/*.cpp) tidied+=("$file") ;;
  esac
done
if [ ${#tidied[@]} -gt 0 ]; then
  echo "lint: clang-tidy on ${#tidied[@]} files"
  if [ "$1" = all ]; then
    # Several files as one, as the compiler takes them too: headers are read once for all of them.
    build=build-lint/UnifiedSource
    cmake --preset lint >/dev/null
    mapfile -t tidied < <(python3 -c 'import json, sys
for compiled in json.load(sys.stdin):
    if not any(part in compiled["output"] for part in ("_test.dir/", "_headers.dir/")): print(compiled["file"])' <"$build/compile_commands.json")
  else
    build=build-light
    cmake --preset light -D GULO_TESTS=ON >/dev/null
  fi
  printf '%s\0' "${tidied[@]}" | xargs -0 -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet 2> >(grep -v 'warnings generated' >&2)
fi
echo "lint: clean"
