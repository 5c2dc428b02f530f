#!/usr/bin/env bash
# install-tools.sh [--check]
# Installs the Debian packages that the tests need: outside readers, the programs they use, and real images; see install-packages.sh. Then it
# makes the machine with Linux's own drivers; see install-guest.sh.
set -euo pipefail
packages=(
  qemu-system-x86 kmod zstd   # a machine with Linux's own drivers
  xorriso genisoimage libarchive-tools # second readers, and writers of test images
  gcc libc6-dev linux-libc-dev # the walker of trees, and proofs of the wire format
  fuse3                       # fusermount3
  fdisk mount util-linux      # sfdisk; losetup, umount; setpriv, unshare
  wimtools                    # wimcapture, the writer of Xpress and LZX
  isomd5sum                   # checkisomd5
  strace perl-base
  nbdkit                      # a server of disks, with faults (qemu-nbd is in qemu-utils)
  e2fsprogs dosfstools mtools exfatprogs exfat-fuse # ext, FAT and exFAT images and their readers
  btrfs-progs                 # Btrfs images and their readers
  bchunk libcdio-utils vcdimager # second readers of optical discs
  xfsprogs                    # XFS images and their readers
  genromfs android-sdk-libsparse-utils # romfs images; sparse images of Android and their reader
  partclone                   # the writer of Clonezilla's images, and their reader
  ewf-tools                   # the writer of forensic images, and their second reader
  7zip                        # a second reader of NTFS, cramfs and Android's super partitions
  ntfs-3g sleuthkit           # NTFS images and their readers
  cryptsetup-bin dislocker libbde-utils # encrypted volumes, and their libraries
  thin-provisioning-tools     # metadata of thin pools and caches
  lvm2 mdadm                  # groups of volumes, described without the device mapper; what super blocks say
  attr acl squashfs-tools squashfs-tools-ng erofs-utils python3 # setfattr, setfacl, mksquashfs, mkfs.erofs; what sh cannot do
  libdeflate0                 # decodes deflate twice as fast
  qemu-utils bzip2 xz-utils lz4 # virtual disks, what their blocks are compressed with, and their reader
  pixz pigz tabix              # further writers of compressed files; bgzip is in tabix
  faketime udftools            # to rebuild images/
  make man-db bsdutils dpkg-dev lintian debootstrap # manual pages, script, the Debian package and a Debian to install it in
  shellcheck zsh fish desktop-file-utils appstream systemd # scripts, completions, the desktop's files and the unit
  dbus-daemon python3-dbusmock # the bus of a session, and a server of notifications
  nginx-light openssl          # a server of HTTP, and certificates
  grub-common                 # a second reader of XFS
  grub-rescue-pc memtest86+ ipxe # real images
)
# That machine has this processor, whichever the tests run on.
[[ $(dpkg --print-architecture) = amd64 ]] || packages+=(gcc-x86-64-linux-gnu libc6-dev-amd64-cross)
"$(dirname "$0")/install-packages.sh" "$@" "${packages[@]}"
"$(dirname "$0")/install-guest.sh" "$@" >/dev/null
