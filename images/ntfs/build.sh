#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes the images of this folder that are missing (README.md says what each has). It needs root, a loop device and ntfs-3g, which fills them. So
# the trees come out the same each time and the bytes do not, for serial numbers and times are ntfs-3g's: an image that is there is left as it is.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
fill=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../test/ImageFs.MountTests/Native/fill-ntfs.py")

image() { # NAME SIZE CONTENTS MKNTFS-ARGS...
  local name=$1 file=$tmp/$1.img
  [[ ! -e $out/$name.img.gz ]] || return 0
  truncate -s "$2" "$file"
  quiet mkntfs -Q -F -q -L "Klein ü" "${@:4}" "$file"
  enter "$file" ntfs-3g rw
  "$3"
  leave
  pack "$name.img"
  printf '%s  %s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$name.img"
}

everything() {
  python3 "$fill" . small
}

# As in ../invalid/build.sh, which damages it.
few() {
  mkdir bad good
  text good 5000 >good/file
  text bad 5000 >bad/file
  text other 9000 >bad/other
  text top 12000 >top
  for i in $(seq 40); do : >"bad/a name of some length that is number $i"; done
}

image small 8M everything
image tree 2M few
