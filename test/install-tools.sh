#!/usr/bin/env bash
# install-tools.sh [--check]
# Installs the Debian packages that the tests need: outside readers, the programs they use, and real images. With --check it only
# says what is missing, and fails if anything is.
set -euo pipefail
packages=(
  user-mode-linux             # Linux's own isofs, as a process
  xorriso genisoimage libarchive-tools # second readers, and writers of test images
  gcc libc6-dev linux-libc-dev # the walker of trees, and proofs of the wire format
  fuse3                       # fusermount3
  fdisk mount util-linux      # sfdisk; losetup, umount; setpriv, unshare
  strace perl-base
  e2fsprogs dosfstools mtools exfatprogs exfat-fuse # ext, FAT and exFAT images and their readers
  attr python3                  # setfattr; what sh cannot do
  faketime                     # to rebuild images/
  grub-rescue-pc memtest86+ ipxe # real images
)
missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) = 'install ok installed' ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0
if [[ ${1:-} = --check ]]; then
  echo "install-tools.sh: missing: ${missing[*]}" >&2
  exit 1
fi

echo "install-tools.sh: installing ${missing[*]}"
root=()
[[ $(id -u) = 0 ]] || root=(sudo)

"${root[@]}" apt-get update -qq
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
