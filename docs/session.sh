#!/usr/bin/env bash
# session.sh PROGRAM >session.svg: a picture of a session in a terminal, with what the program really says.
set -euo pipefail
program=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'timeout 20 umount -l "$tmp/iso" 2>/dev/null || true; rm -rf --one-file-system "$tmp"' EXIT
gunzip -c "$here/../images/sample.iso.gz" >"$tmp/debian.iso"
mkdir "$tmp/bin" "$tmp/iso"
ln -s "$program" "$tmp/bin/imagefs"

export PATH=$tmp/bin:$PATH LC_ALL=C.UTF-8 TZ=UTC
cd "$tmp"
{
  for line in \
    'imagefs debian.iso iso' \
    'ls -go iso' \
    'sha256sum iso/numbers.txt' \
    'imagefs stats iso | grep splice:' \
    'imagefs umount iso' \
    'imagefs tree debian.iso docs' \
    'imagefs cat debian.iso docs/manual.txt | head -n 2' \
    'imagefs extents debian.iso numbers.txt'; do
    printf '$ %s\n' "$line"
    timeout 20 bash -c "$line" 2>&1
  done
} | expand | cut -c 1-96 | awk '
  { line[NR] = $0 }
  END {
    height = 18 * NR + 36
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\" height=\"%d\" role=\"img\" aria-label=\"A session in a terminal\">\n", height
    printf "<rect width=\"800\" height=\"%d\" rx=\"8\" fill=\"#1d2230\"/>\n", height
    print "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"13\" fill=\"#c8d0e0\" xml:space=\"preserve\">"
    for (i = 1; i <= NR; i++) {
      text = line[i]
      gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
      style = text ~ /^\$ / ? " fill=\"#ffffff\" font-weight=\"bold\"" : ""
      printf "<text x=\"18\" y=\"%d\"%s>%s</text>\n", 18 * i + 16, style, text
    }
    print "</g>\n</svg>"
  }'
