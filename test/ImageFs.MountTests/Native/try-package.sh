#!/bin/sh
# try-package.sh DEBIAN PACKAGE IMAGE: installs the package in a Debian in a folder, uses it as a person would, and removes it again.
# What is mounted here goes with the namespace that `unshare -m` made for it.
set -eu
debian=$1 package=$2 image=$3

list() {
  # What dpkg keeps of its own doings is no leftover.
  (cd "$debian" && find . -xdev -path ./proc -prune -o -path './var/lib/dpkg' -prune -o -path './var/log' -prune -o -path './var/cache' -prune -o -print | LC_ALL=C sort)
}

in_debian() {
  chroot "$debian" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root "$@"
}

mount -t proc proc "$debian/proc"
[ ! -c /dev/fuse ] || [ -c "$debian/dev/fuse" ] || mknod -m 666 "$debian/dev/fuse" c 10 229
cp "$package" "$debian/root/imagefs.deb"
cp "$image" "$debian/root/image.iso"
list >"$debian/before"

in_debian dpkg --install /root/imagefs.deb >/dev/null
in_debian dpkg --verify imagefs
in_debian imagefs --version
in_debian imagefs cat /root/image.iso README.txt
if in_debian test -c /dev/fuse; then
  in_debian imagefs mount /root/image.iso /mnt
  in_debian cat /mnt/README.txt
  in_debian imagefs umount /mnt
fi

in_debian dpkg --purge imagefs >/dev/null
list >"$debian/after"
sed -i '/^\.\/after$/d; /^\.\/before$/d' "$debian/before" "$debian/after"
diff "$debian/before" "$debian/after"
