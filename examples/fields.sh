#!/usr/bin/env bash
# Kind fields: is the written digit larger than the number beside it? A CSV whose cells name scikit-learn's digits as PGM
# files, with a column "number" and a column "label": neither picture nor number can tell alone.
source "$(dirname "$0")/common.sh"
data=$work/comparisons
[ -d "$data" ] || with_sklearn examples/write_comparisons.py "$data"
recognise comparisons "$data"
# New rows need no label, and a picture may be missing.
printf 'picture,number\npictures/1780.pgm,4\npictures/1790.pgm,4\npictures/1790.pgm,9\n,4\n' > "$data/new.csv"
run build/gulo predict "$work/comparisons.gulo" "$data/new.csv"
