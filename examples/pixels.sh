#!/usr/bin/env bash
# Kind pixels: handwritten digits. scikit-learn's 1,797 pictures of 8 x 8 values, written as PGM files.
source "$(dirname "$0")/common.sh"
data=$work/digits
[ -d "$data" ] || with_sklearn examples/write_digits.py "$data"
recognise digits "$data"
run build/gulo predict "$work/digits.gulo" "$data"/test/7/130*.pgm "$data"/test/8/130*.pgm
