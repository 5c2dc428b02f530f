#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes the images of this folder that are missing (README.md says what each has). It needs root, a loop device and Linux's xfs, which fills most of
# them: no tool without a mount makes attributes, shared extents or directories in pieces. So the trees come out the same each time and the bytes do
# not, for UUIDs, times and places are the kernel's: an image that is there is left as it is. Needs xfsprogs 6.1 and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
native=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../test/ImageFs.MountTests/Native")

# What lets mkfs.xfs make file systems that are smaller than anybody should use.
export TEST_DEV=- TEST_DIR=- QA_CHECK_FS=-

make_() { # NAME SIZE MKFS-ARGS...
  truncate -s "$2" "$tmp/$1.img"
  quiet mkfs.xfs -q -f -L "$1" "${@:3}" "$tmp/$1.img"
}

keep() { # NAME
  pack "$1.img"
  printf '%s  %s\n' "$(sha256sum <"$tmp/$1.img" | cut -d ' ' -f 1)" "$1.img"
}

image() { # NAME SIZE CONTENTS MKFS-ARGS...
  local name=$1 file=$tmp/$1.img
  [[ ! -e $out/$name.img.gz ]] || return 0
  make_ "$name" "$2" "${@:4}"
  enter "$file" xfs noatime
  "$3"

  # What is free is cleared, and what the log has of what is done, so that nothing is packed but what counts.
  sync -f .
  fstrim .
  leave
  quiet xfs_db -x -c 'logformat -c 2' "$file"
  quiet xfs_repair -n "$file"
  keep "$name"
}

everything() {
  python3 "$native/fill-xfs.py" . reflink bigtime small
}

few() {
  mkdir directory
  text file 20000 >file
  ln file directory/link
  ln -s file symbolic
  ln -s "$(printf 'x%.0s' {1..700})" long
  truncate -s 100000 holes
  printf data | dd of=holes bs=1 seek=50000 conv=notrunc status=none
  seq -f 'directory/name %g' 300 | tr '\n' '\0' | xargs -0 touch
  setfattr -n user.colour -v blue file
  setfattr -n user.much -v "$(seq 800)" directory
}

# By mkfs.xfs itself: Linux may be built without version 4.
old() {
  [[ ! -e $out/v4.img.gz ]] || return 0
  text file 20000 >"$tmp/file"
  {
    printf '%s\n' - '0 0' 'd--755 0 0' 'directory d--755 0 0'
    for i in {1..300}; do printf 'name-%d ---644 %d %d %s\n' "$i" "$i" "$i" /dev/null; done
    printf '%s\n' $ "file ---600 1 2 $tmp/file" 'symbolic l--777 0 0 file' "long l--777 0 0 $(printf 'x%.0s' {1..700})" 'null c--666 0 0 1 3' 'fifo p--644 0 0' $
  } >"$tmp/proto"
  make_ v4 16M -m crc=0 -d agcount=1 -b size=1k -i size=256 -n ftype=0 -p "$tmp/proto"
  keep v4
}

# Its log has much that is nowhere else, and a change of extents that it begins and does not finish: when the machine stops in one is a matter of luck.
stopped() {
  [[ ! -e $out/dirty.img.gz ]] || return 0
  local found=''
  while [[ -z $found ]]; do
    rm -f "$tmp/dirty.img"
    make_ dirty 32M -d agcount=2 -m rmapbt=1
    enter "$tmp/dirty.img" xfs noatime
    few
    sync -f .
    fstrim .
    mkdir new
    seq -f 'new/name %g' 200 | tr '\n' '\0' | xargs -0 touch
    for ((i = 0; i < 100; i += 3)); do rm "directory/name $((i + 1))"; done
    mv 'directory/name 200' new/moved
    setfattr -x user.colour file
    setfattr -n user.new -v "$(seq 300)" file
    text other 30000 >other
    python3 "$native/unfinished-xfs.py" . clone $((RANDOM % 20)) 40 >"$tmp/log"
    leave
    found=$(xfs_logprint -t "$tmp/dirty.img" 2>/dev/null | awk '$1 == "BUI:" { open++ } $1 == "BUD:" { open-- } END { if (open > 0) print open }')
  done
  keep dirty
}

image small 32M everything -d agcount=2 -m rmapbt=1
image block1k 32M few -d agcount=2 -b size=1k -n size=4k -i nrext64=1
old
stopped
