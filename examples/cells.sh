#!/usr/bin/env bash
# Kind cells: is a tumour malignant? scikit-learn's Wisconsin table, 30 numbers a row, as CSV with a column "label".
source "$(dirname "$0")/common.sh"
data=$work/tumours
[ -d "$data" ] || with_sklearn examples/write_tumours.py "$data"
recognise tumours "$data"
run build/gulo predict "$work/tumours.gulo" "$data/test.csv" | head -n 3
