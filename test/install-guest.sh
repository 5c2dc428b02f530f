#!/usr/bin/env bash
# install-guest.sh [--check]
# Makes the machine that linux-guest.sh boots: Debian's kernel 6.12 and busybox, unpacked from their packages and not installed, as two
# files, vmlinux and initrd, in a folder of the user's cache, and tells that folder. It needs no root, and no network when they are there;
# remove the folder to get a newer kernel.
set -euo pipefail
guest=${XDG_CACHE_HOME:-$HOME/.cache}/imagefs-tests/linux-6.12
arch=amd64
wanted=(
  virtio_pci virtio_scsi sd_mod
  isofs udf vfat msdos exfat ntfs3 hfs hfsplus ext4 xfs btrfs f2fs squashfs erofs romfs minix jfs nilfs2 reiserfs
  ufs affs befs bfs hpfs qnx4 qnx6 sysv efs omfs adfs freevxfs
  dm_mod dm_mirror dm_crypt dm_verity dm_integrity dm_thin_pool dm_cache dm_snapshot dm_raid dm_vdo md_mod raid0 raid1 raid10 raid456
)
folders='/(fs/nls|crypto|lib/lz4|lib/zstd|lib/zlib_deflate|arch/x86/crypto)/' # what the file systems ask for by name

done_already() {
  [[ -e $guest/vmlinux && -e $guest/initrd ]]
}

if done_already; then
  echo "$guest"
  exit
elif [[ ${1:-} = --check ]]; then
  echo "${0##*/}: missing: $guest" >&2
  exit 1
fi

mkdir -p "$(dirname "$guest")"
# One at a time; the folder gets its name when it is whole.
exec 9>"$guest.lock"
flock 9
if done_already; then
  echo "$guest"
  exit
fi

tmp=$(mktemp -d "$guest.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

apt=()
if [[ $(dpkg --print-architecture) != "$arch" ]]; then
  # Another processor's package lists, of our own.
  mkdir -p apt/lists/partial apt/cache/archives/partial
  apt=(-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State::lists=$tmp/apt/lists" -o "Dir::Cache=$tmp/apt/cache")
  apt-get "${apt[@]}" update -qq
fi

newest() {
  apt-cache "${apt[@]}" search --names-only '^linux-image-6\.12\.[0-9.]+\+(deb|bpo)[0-9]*-amd64$' | cut -d ' ' -f 1 | sort -V | tail -n 1
}

kernel=$(newest)
if [[ -z $kernel ]]; then
  root=()
  [[ $(id -u) = 0 ]] || root=(sudo)
  "${root[@]}" apt-get update -qq
  kernel=$(newest)
fi

[[ -n $kernel ]] || { echo "${0##*/}: no package linux-image-6.12.*-amd64: Debian 12 has it in its security archive" >&2; exit 1; }
echo "${0##*/}: unpacking $kernel and busybox-static into $guest" >&2
apt-get "${apt[@]}" download -qq "$kernel" busybox-static 2>apt.log || { cat apt.log >&2; exit 1; }
for package in ./*.deb; do
  dpkg-deb -x "$package" unpacked
done

# The ELF kernel within vmlinuz (the boot protocol: setup_sects, payload_offset, payload_length, which counts the size behind it),
# so that the guest does not spend seconds on unpacking it.
version=${kernel#linux-image-}
image=unpacked/boot/vmlinuz-$version
number() { od -An -v "-tu$1" -j "$2" -N "$1" "$image" | tr -d ' '; }
offset=$((($(number 1 0x1f1) + 1) * 512 + $(number 4 0x248)))
tail -c "+$((offset + 1))" "$image" | head -c "$(($(number 4 0x24c) - 4))" >payload || true
mkdir guest
zstd -dcq payload >guest/vmlinux 2>/dev/null || xz -dc payload >guest/vmlinux 2>/dev/null || gzip -dc payload >guest/vmlinux
[[ $(head -c 4 guest/vmlinux) = $'\x7fELF' ]] || { echo "${0##*/}: $image holds no ELF kernel that could be unpacked" >&2; exit 1; }

# The modules and what they need, unpacked, where busybox's modprobe looks for them.
modules=lib/modules/$version
[[ -d unpacked/lib ]] || modules=usr/$modules
mkdir -p unpacked/lib "root/lib/modules/$version" root/{bin,sbin,dev,proc,sys,mnt}
[[ $modules != usr/* ]] || mv "unpacked/usr/lib/modules" unpacked/lib/
(cd "unpacked/lib/modules/$version" && find . -name '*.ko*' | sed 's|^\./||' >"$tmp/all")
/sbin/depmod -b unpacked "$version"
needed() {
  local name
  for name in "${wanted[@]}" $(grep -E "$folders" all | sed 's|.*/||; s|\.ko.*||'); do
    /sbin/modprobe -d unpacked -S "$version" --show-depends "$name" 2>/dev/null || true # the kernel may have it built in, or not at all
  done | sed -n 's|^insmod .*/\(kernel/[^ ]*\).*|\1|p' | sort -u
}
mapfile -t taken < <(needed)
(cd "unpacked/lib/modules/$version" && cp --parents -t "$tmp/root/lib/modules/$version" "${taken[@]}" modules.builtin modules.builtin.modinfo modules.order)
find root -name '*.ko.xz' -exec xz -d {} +
find root -name '*.ko.zst' -exec zstd -dq --rm {} +
/sbin/depmod -b root "$version"
cp unpacked/bin/busybox root/bin/ 2>/dev/null || cp unpacked/usr/bin/busybox root/bin/
ln -s ../bin/busybox root/sbin/modprobe
(cd root && find . | LC_ALL=C sort | bsdtar -c --format newc --uid 0 --gid 0 -n -T - -f "$tmp/guest/initrd")

chmod 755 guest
rm -rf "$guest"
mv guest "$guest"
echo "$guest"
