#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes the images of this folder that are missing (README.md says what each has). It needs root, a loop device and ntfs-3g, which fills them. So
# the trees come out the same each time and the bytes do not, for serial numbers and times are ntfs-3g's: an image that is there is left as it is.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
fill=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../test/ImageFs.MountTests/Native/fill-ntfs.py")

image() { # NAME SIZE MKNTFS-ARGS...
  local name=$1 file=$tmp/$1.img
  [[ ! -e $out/$name.img.gz ]] || return 0
  truncate -s "$2" "$file"
  quiet mkntfs -Q -F -q -L "Klein ü" "${@:3}" "$file"
  enter "$file" ntfs-3g rw
  python3 "$fill" . small
  leave
  pack "$name.img"
  printf '%s  %s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$name.img"
}

image small 8M
