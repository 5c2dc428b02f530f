#!/usr/bin/env bash
# install-guest.sh [--check]
# Makes the machine that linux-guest.sh boots: Debian's kernel 6.12, busybox and the tools for volumes, unpacked from their packages and not
# installed, as three files, vmlinux, initrd and tools, in a folder of the user's cache, and tells that folder. It needs no root, and no network
# when they are there; remove the folder to get a newer kernel.
set -euo pipefail
guest=${XDG_CACHE_HOME:-$HOME/.cache}/imagefs-tests/linux-6.12
arch=amd64
wanted=(
  virtio_pci virtio_scsi sd_mod loop 9p 9pnet_virtio
  isofs udf vfat msdos exfat ntfs3 hfs hfsplus ext4 xfs btrfs f2fs squashfs erofs romfs minix jfs nilfs2 reiserfs
  ufs affs befs bfs hpfs qnx4 qnx6 sysv efs omfs adfs freevxfs
  dm_mod dm_mirror dm_crypt dm_verity dm_integrity dm_thin_pool dm_cache dm_cache_smq dm_writecache dm_snapshot dm_raid dm_vdo md_mod raid0 raid1 raid10 raid456
)
tools=(lvm2 dmsetup mdadm cryptsetup-bin thin-provisioning-tools e2fsprogs coreutils util-linux mount fdisk dash)
programs=(
  lvm dmsetup mdadm cryptsetup pdata_tools mke2fs dd cp truncate sha256sum losetup blockdev blkdiscard sfdisk dash
  thin_check thin_dump thin_restore cache_check cache_dump cache_restore
)
folders='/(fs/nls|crypto|lib/lz4|lib/zstd|lib/zlib_deflate|arch/x86/crypto)/' # what the file systems ask for by name

done_already() {
  [[ -e $guest/vmlinux && -e $guest/initrd && -e $guest/tools ]]
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
echo "${0##*/}: unpacking $kernel, busybox-static and ${tools[*]} into $guest" >&2
# The tools, and the libraries that they depend on.
mapfile -t libraries < <(apt-cache "${apt[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
  "${tools[@]}" | grep -E '^lib[a-z0-9.+-]*$' | sort -u)
apt-get "${apt[@]}" download -qq "$kernel" busybox-static "${tools[@]}" "${libraries[@]}" 2>apt.log || { cat apt.log >&2; exit 1; }
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
archive() { # FOLDER FILE
  (cd "$1" && find . | LC_ALL=C sort | bsdtar -c --format newc --uid 0 --gid 0 -n -T - -f "$2")
}
archive root "$tmp/guest/initrd"

# The tools in /sbin, and their libraries where programs look for them.
mkdir -p tools/{sbin,lib/x86_64-linux-gnu,lib64}
for program in "${programs[@]}"; do
  for folder in sbin usr/sbin bin usr/bin; do
    [[ ! -e unpacked/$folder/$program && ! -L unpacked/$folder/$program ]] || cp -P "unpacked/$folder/$program" tools/sbin/
  done
  [[ -e tools/sbin/$program ]] || { echo "${0##*/}: none of the packages ${tools[*]} has $program" >&2; exit 1; }
done
for folder in unpacked/lib/x86_64-linux-gnu unpacked/usr/lib/x86_64-linux-gnu; do
  [[ ! -d $folder ]] || find "$folder" -maxdepth 1 -name '*.so*' -exec cp -P -t tools/lib/x86_64-linux-gnu {} +
done
cp -L tools/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 tools/lib64/
archive tools "$tmp/guest/tools"

chmod 755 guest
rm -rf "$guest"
mv guest "$guest"
echo "$guest"
