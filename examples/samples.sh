#!/usr/bin/env bash
# Kind samples: which language is spoken? The prompts of a telephone exchange, WAV files of any length.
source "$(dirname "$0")/common.sh"
data=$work/prompts
if [ ! -d "$data" ]; then
  for language in en fr it; do
    package "asterisk-core-sounds-$language-wav"
    find "$work/asterisk-core-sounds-$language-wav" -name '*.wav' -type f | while read -r prompt; do
      name=$(basename "$prompt")
      folder=$data.part/$(part_of "$name")/$language
      mkdir -p "$folder"
      cp "$prompt" "$folder/$name"
    done
  done
  mv "$data.part" "$data"
fi
recognise prompts "$data"
run build/gulo predict "$work/prompts.gulo" "$data"/test/fr/vm-p*.wav
