#!/usr/bin/env bash
# Kind bytes: in which language is a manual page written? Pages of Debian's packages, as they lie, mark-up and all.
source "$(dirname "$0")/common.sh"
data=$work/pages
if [ ! -d "$data" ]; then
  for language in de es fr it nl pl; do
    package "manpages-$language"
    for page in "$work/manpages-$language/usr/share/man/$language"/man*/*.gz; do
      [ -f "$page" ] || continue  # a link to another page
      name=$(basename "$page" .gz)
      folder=$data.part/$(part_of "$name")/$language
      mkdir -p "$folder"
      gunzip -c "$page" >"$folder/$name"
    done
  done
  mv "$data.part" "$data"
fi
recognise pages "$data"
echo 'Ein Satz, den niemand je geschrieben hat.' | run build/gulo predict "$work/pages.gulo" - --top 2
