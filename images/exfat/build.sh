#!/usr/bin/env bash
# images/exfat/build.sh [OUTPUT-DIRECTORY]
# Makes the exFAT images anew, the same bytes each time. Needs root, a loop device, and Debian's exfatprogs, exfat-fuse and faketime.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mkdir -p "${1:-$here}" && cd "${1:-$here}" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/images.XXXXXX")
loop=
cleanup() {
  ! mountpoint -q "$tmp/mnt" || umount "$tmp/mnt" || umount -l "$tmp/mnt"
  [[ -z $loop ]] || losetup -d "$loop"
  rm -rf --one-file-system "$tmp"
}
trap cleanup EXIT
umask 022
date='2024-02-29 12:34:56'
mkdir "$tmp/mnt"

# Lines that count up, each with its file's own word: no two clusters are alike.
text() { # WORD BYTES
  awk -v word="$1" -v size="$2" 'BEGIN {
    for (n = 0; n < size; i++) {
      line = sprintf("%s %d\n", word, i)
      if (n + length(line) > size) line = substr(line, 1, size - n)
      printf "%s", line
      n += length(line)
    }
  }'
}

fill() {
  cd "$tmp/mnt"
  text short 700 >SHORT.TXT
  text long 5000 >'A long name, with spaces and more than 8.3.text'
  text emoji 30 >$'\U0001F600 and 漢字.txt'
  text umlaut 40 >'Ünïcödé.txt'
  text name 60 >"$(printf 'n%.0s' {1..255})"
  : >empty.dat
  mkdir -p docs/deep empty

  # Two files that grow by turns lie in pieces, with links; the others are contiguous.
  local i
  for i in 1 2 3; do
    text "first$i" 4096 >>docs/first
    text "second$i" 4096 >>docs/second
  done
  text third 12000 >docs/deep/third
  for i in {1..40}; do
    text "$i" "$i" >"docs/deep/file number $i"
  done
  find . -exec touch -d "$date" {} +
  cd /
}

image() { # NAME SIZE MKFS-OPTIONS...
  local img=$tmp/$1.img
  truncate -s "$2" "$img"
  mkfs.exfat -L 'TEST LABEL' "${@:3}" "$img" >/dev/null
  tune.exfat -I 0x1234ABCD "$img" >/dev/null
  if [[ $1 != empty ]]; then
    loop=$(losetup -f --show "$img")
    # The server's clock stands still: files get its time when they are made.
    faketime -f "$date" mount.exfat-fuse -d "$loop" "$tmp/mnt" >/dev/null 2>&1 &
    for _ in {1..50}; do ! mountpoint -q "$tmp/mnt" || break; sleep 0.1; done
    mountpoint -q "$tmp/mnt"
    fill
    umount "$tmp/mnt"
    wait
    losetup -d "$loop"
    loop=
  fi
  fsck.exfat -n "$img" >"$tmp/log" || { cat "$tmp/log" >&2; return 1; }
  gzip -9 -n -c "$img" >"$out/$1.img.gz"
}

image empty 1M -b 64K -c 512
image filled 4M -b 64K -c 1K
