#!/usr/bin/env bash
# images/run.sh PROGRAM [IMAGE DIR]
# Shows the program at work on the sample image: mounts it, lists it, reads a file, tells how the bytes went, unmounts.
# With IMAGE and DIR: mounts that and leaves it mounted.
set -euo pipefail
program=$(realpath "$1") image=${2:-} dir=${3:-}
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '\n\e[1m$ %s\e[0m\n' "$*"; }
show() { say "$@"; "$@"; }

if [[ -n $image ]]; then
  [[ -n $dir ]] || { echo "make run IMAGE=$image wants DIR=, the directory to mount it on" >&2; exit 1; }
  "$program" mount "$image" "$dir"
  ls -la "$dir"
  printf '\nIt is mounted. Unmount it by: %s umount %s\n' "$program" "$dir"
  exit
fi

tmp=$(mktemp -d)
mounted=
cleanup() {
  [[ -z $mounted ]] || "$program" umount "$tmp/mnt" || umount -l "$tmp/mnt"
  rm -rf --one-file-system "$tmp"
}
trap cleanup EXIT
mkdir "$tmp/mnt"
gunzip -c "$here/sample.iso.gz" >"$tmp/sample.iso"

say imagefs mount sample.iso mnt
"$program" mount "$tmp/sample.iso" "$tmp/mnt"
mounted=yes
cd "$tmp"
show timeout 60 ls -lR mnt
largest=$(timeout 60 find mnt -type f -printf '%s %p\n' | sort -rn | head -n 1 | cut -d ' ' -f 2-)
show timeout 60 sha256sum "$largest"
cd /

say imagefs stats mnt
"$program" stats "$tmp/mnt"

say imagefs umount mnt
"$program" umount "$tmp/mnt"
mounted=
echo 'done'
