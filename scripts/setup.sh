#!/usr/bin/env bash
# Makes ready what the build needs: Debian packages (apt-packages.txt) and .venv (requirements.txt). Says nothing and takes
# a fraction of a second when all is there.
#
# GULO_PYTHON=python3  use that interpreter's torch (>= 2.11) and the cmake and ninja on the PATH; no .venv is made.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.venv/.requirements.sha256

say() { echo "setup: $*" >&2; }

missing_packages() {
  comm -23 <(grep -v '^#' apt-packages.txt | sort) \
    <(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
}

# Prints the words that a command needs in front of it to act as root; fails where there is no way.
root_prefix() {
  if [ "$(id -u)" = 0 ]; then
    echo env
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    echo sudo
  else
    return 1
  fi
}

install_packages() {
  local packages=("$@") prefix
  if ! prefix=$(root_prefix); then
    say "these Debian packages are missing, and installing them needs root. Please run:"
    echo "  sudo apt-get install --no-install-recommends ${packages[*]}" >&2
    return 1
  fi
  say "installing Debian packages: ${packages[*]}"
  $prefix apt-get update -qq &&
    $prefix env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

check_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system; it must have what apt-packages.txt names:" "$(grep -v '^#' apt-packages.txt | tr '\n' ' ')"
    return
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}" || {
    [ -n "${GULO_PYTHON:-}" ] || exit 1
    say "going on without them: CMake will name what it cannot do without"
  }
}

# True where .venv holds what requirements.txt pins: the stamp is of this list, and every package is truly there.
venv_ready() {
  [ -x .venv/bin/python3 ] && sha256sum --check --status "$stamp" 2>/dev/null || return 1
  local name version
  while IFS='=' read -r name _ version; do
    compgen -G ".venv/lib/python3*/site-packages/${name//-/_}-${version}*.dist-info" >/dev/null || return 1
  done < <(grep -v '^#' requirements.txt)
}

make_venv() {
  say "installing requirements.txt into .venv (a minute or more; torch is large)"
  rm -f "$stamp"
  [ -x .venv/bin/python3 ] || python3 -m venv --clear .venv
  .venv/bin/python3 -m pip install --quiet --no-compile --disable-pip-version-check --requirement requirements.txt || {
    say "pip could not install requirements.txt. Without a network, a python3 that has torch >= 2.11 will do, with cmake" \
      "and ninja on the PATH: make build GULO_PYTHON=python3"
    exit 1
  }
  sha256sum requirements.txt >"$stamp"
}

check_packages
if [ -n "${GULO_PYTHON:-}" ]; then
  for tool in "$GULO_PYTHON" cmake ninja; do
    command -v "$tool" >/dev/null || { say "GULO_PYTHON is set, so '$tool' must be on the PATH, and is not"; exit 1; }
  done
else
  venv_ready || make_venv
fi
