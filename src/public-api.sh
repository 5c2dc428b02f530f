#!/usr/bin/env bash
# src/public-api.sh LIBRARY...
# Writes down what each library offers: PublicAPI.Unshipped.txt gets what PublicAPI.Shipped.txt, of released versions, does not have.
# It is what the compiler misses in it (RS0016) while it is empty.
set -euo pipefail
cd "$(dirname "$0")"
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

for library; do
  [[ -e $library/PublicAPI.Shipped.txt ]] || echo '#nullable enable' >"$library/PublicAPI.Shipped.txt"
  echo '#nullable enable' >"$library/PublicAPI.Unshipped.txt"
done

for library; do
  dotnet build "$library" -c Release -nologo -v quiet -clp:ErrorsOnly -p:TreatWarningsAsErrors=false -p:CompilerLogs="$logs"
done

for library; do
  sed -n 's/^ *"APIName": "\(.*\)",\?\r\?$/\1/p' "$logs/$library.sarif" | sed 's/\\\(["\\]\)/\1/g' |
    LC_ALL=C sort -u >>"$library/PublicAPI.Unshipped.txt"
  echo "$library: $(($(grep -c . "$library/PublicAPI.Unshipped.txt") - 1)) members"
done
