#!/usr/bin/env bash
# images/exfat/build.sh [OUTPUT-DIRECTORY]
# Makes the exFAT images anew, the same bytes each time. Needs root, a loop device, and Debian's exfatprogs, exfat-fuse and faketime.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
loop=
cleanup() {
  ! mountpoint -q "$tmp/mnt" || umount "$tmp/mnt" || umount -l "$tmp/mnt"
  [[ -z $loop ]] || losetup -d "$loop"
  rm -rf --one-file-system "$tmp"
}
trap cleanup EXIT
mkdir "$tmp/mnt"

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
    at mount.exfat-fuse -d "$loop" "$tmp/mnt" >/dev/null 2>&1 &
    for _ in {1..50}; do ! mountpoint -q "$tmp/mnt" || break; sleep 0.1; done
    mountpoint -q "$tmp/mnt"
    fill
    umount "$tmp/mnt"
    wait
    losetup -d "$loop"
    loop=
  fi
  quiet fsck.exfat -n "$img"
  pack "$1.img"
}

image empty 1M -b 64K -c 512
image filled 4M -b 64K -c 1K
