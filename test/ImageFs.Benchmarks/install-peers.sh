#!/usr/bin/env bash
# Installs what the benchmarks run (Debian packages). A peer that cannot be installed is left out of the table.
set -euo pipefail
packages=../install-packages.sh
cd "$(dirname "$0")"
"$packages" \
  gcc libc6-dev               `# the probe` \
  fio strace findutils util-linux mount \
  xorriso e2fsprogs genisoimage qemu-utils fdisk xfsprogs btrfs-progs attr cryptsetup-bin openssl `# images`
for peer in fuseiso fuse2fs squashfuse squashfs-tools erofs-utils erofsfuse ntfs-3g nbdkit libnbd-bin qemu-system-common nginx-light curl ewf-tools; do
  "$packages" "$peer" || echo "install-peers.sh: no $peer" >&2
done
