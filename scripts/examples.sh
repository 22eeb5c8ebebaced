#!/usr/bin/env bash
# Runs every example; one that ends with 77 (its data cannot be fetched) is skipped and said to be.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
for example in examples/*.sh; do
  [ "$example" = examples/common.sh ] && continue
  echo "== $example"
  "$example"
  case $? in
    0) ;;
    77) echo "$example: skipped" ;;
    *) echo "$example: FAILED"; failed=1 ;;
  esac
done
exit $failed
