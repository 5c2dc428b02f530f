#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes the images of this folder that are missing (README.md says what each has). It needs root, a loop device and Linux's btrfs, which fills
# them: no tool without a mount makes compressed files, snapshots or shared extents. So the trees come out the same each time and the bytes do
# not, for UUIDs, times and places are the kernel's: an image that is there is left as it is. Needs btrfs-progs 6.2 (for groups 6.4) and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
fill=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../test/ImageFs.MountTests/Native/fill-btrfs.py")

image() { # NAME SIZE CONTENTS MKFS-ARGS...
  local name=$1 file=$tmp/$1.img
  [[ ! -e $out/$name.img.gz ]] || return 0
  truncate -s "$2" "$file"
  quiet mkfs.btrfs -q -L "$name" "${@:4}" "$file"
  enter "$file" btrfs noatime,thread_pool=1
  "$3"

  # What is free is cleared, so that nothing is packed but what counts.
  sync -f .
  fstrim .
  leave
  pack "$name.img"
  printf '%s  %s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$name.img"
}

everything() {
  python3 "$fill" . small
}

few() {
  mkdir directory
  text file 20000 >file
  printf inline >directory/inline
  ln file directory/link
  ln -s file symbolic
  : >compressed
  btrfs property set compressed compression zstd
  text compressed 60000 >compressed
  btrfs subvolume create volume >/dev/null
  text volume 9000 >volume/file
  btrfs subvolume snapshot -r volume snapshot >/dev/null
  printf more >>volume/file
}

as_before() {
  few
  truncate -s 100000 holes
  printf data | dd of=holes bs=1 seek=50000 conv=notrunc status=none
  btrfs subvolume set-default volume
}

# Into 16 MiB only mixed block groups fit.
mixed=(-M -n 4096 -m single -d single)
image small 16M everything "${mixed[@]}"
image default 128M few
image xxhash 16M few "${mixed[@]}" --csum xxhash
image sha256 16M few "${mixed[@]}" --csum sha256
image blake2 16M few "${mixed[@]}" --csum blake2
image groups 16M few "${mixed[@]}" -O block-group-tree
image old 16M as_before "${mixed[@]}" -O ^no-holes,^extref,^skinny-metadata -R ^free-space-tree
