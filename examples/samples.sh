#!/usr/bin/env bash
# Kind samples: which language is spoken? The prompts of a telephone exchange, WAV files of any length.
source "$(dirname "$0")/common.sh"
data=$work/prompts
if [ ! -d "$data" ]; then
  packages asterisk-core-sounds-{en,fr,it}-wav
  for language in en fr it; do
    deal "$data.part" "$language" "$work/asterisk-core-sounds-$language-wav" '*.wav'
  done
  mv "$data.part" "$data"
fi
recognise prompts "$data"
run build/gulo predict "$work/prompts.gulo" $(find "$data/test/fr" -name 'vm-*.wav' | sort | head -n 3)
