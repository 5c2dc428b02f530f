#!/usr/bin/env bash
# images/fat/build.sh [OUTPUT-DIRECTORY]
# Makes the FAT images anew, the same bytes each time. Needs Debian's dosfstools, mtools and faketime.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
export MTOOLS_SKIP_CHECK=1

image() { # NAME FAT-TYPE KIB MKFS-OPTIONS...
  local img=$tmp/$1.img type=$2 size=$3
  shift 3
  at mkfs.fat -F "$type" -i 1234ABCD -n 'TEST LABEL' "$@" -C "$img" "$size" >/dev/null
  at mcopy -i "$img" -m "$tmp/tree/"* "$tmp/tree/.hidden" ::/
  at mmd -i "$img" ::/docs ::/docs/deep ::/empty
  at mcopy -i "$img" -m "$tmp/tree/SHORT.TXT" '::/docs/deep/copy of a short file.txt'

  # Two files that grow by turns lie in pieces; a third takes the place of one that was deleted.
  at mcopy -i "$img" "$tmp/first" "$tmp/second" "$tmp/first2" ::/docs
  at mdel -i "$img" ::/docs/first
  at mcopy -i "$img" "$tmp/third" ::/docs
  at mattrib -i "$img" +r ::/SHORT.TXT
  at mattrib -i "$img" +h +s ::/docs/second
  quiet fsck.fat -n "$img"
  pack "$(basename "$img")"
}

fresh
text short 700 >SHORT.TXT
text lower 10 >lower.txt
text mixed 20 >Mixed.Txt
text long 5000 >'A long name, with spaces and more than 8.3.text'
text emoji 30 >$'\U0001F600 and 漢字.txt'
text umlaut 40 >'Ünïcödé.txt'
text hidden 50 >.hidden
: >empty.dat
text first 6000 >"$tmp/first"
text second 3000 >"$tmp/second"
text again 2000 >"$tmp/first2"
text third 12000 >"$tmp/third"
touch -d "$date" "$tmp/tree/"* "$tmp/tree/.hidden"

image fat12 12 360
image fat16 16 4200 -s 1
image fat16-4096 16 20000 -S 4096 -s 1
image fat32 32 34000 -s 1
