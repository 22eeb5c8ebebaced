#!/usr/bin/env bash
# Kind bytes: in which language is a manual page written? Pages of Debian's packages, as they lie, mark-up and all.
source "$(dirname "$0")/common.sh"
data=$work/pages
if [ ! -d "$data" ]; then
  packages manpages-{de,es,fr,it,nl,pl}
  for language in de es fr it nl pl; do
    deal "$data.part" "$language" "$work/manpages-$language/usr/share/man/$language" '*.gz'
  done
  gunzip -rf "$data.part"
  mv "$data.part" "$data"
fi
recognise pages "$data"
echo 'Ein Satz, den niemand je geschrieben hat.' | run build/gulo predict "$work/pages.gulo" - --top 2
