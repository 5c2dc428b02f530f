#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY [SCRIPT...]]
# Makes every set of disks anew, by Debian's lvm2, mdadm and kernel in a machine that QEMU emulates (test/linux-guest.sh), in one boot, without
# root: guest/ has what runs there. The disks are not the same bytes each time, for identifiers and times are in them;
# what the volumes read as is, and so the manifest, but for file systems and groups in them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(mkdir -p "${1:-$here}" && cd "${1:-$here}" && pwd)
shift $(($# > 0))
[[ $# -gt 0 ]] || set -- lvm lvm-raid lvm-luks thin snapshot cache md md-zones md-states
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/init" "$tmp/out"
cp "$here"/guest/* "$tmp/init/"
chmod 755 "$tmp/init/init"
printf '%s\n' "$@" >"$tmp/init/sets"
# What volumes are filled with: 512 bytes are one number, 64 times over.
perl -e 'print pack("Q>", 0x5365_63746f_000000 + $_) x 64 for 0 .. 16383' >"$tmp/init/fill"

"$here/../../test/linux-guest.sh" "$tmp/init" -smp 2 -m 1600 -serial stdio \
  -fsdev "local,id=out,path=$tmp/out,security_model=none" -device virtio-9p-pci,fsdev=out,mount_tag=out
for script; do
  grep -q "^$script: made" "$tmp/out/states" || { tail -n 40 "$tmp/out/$script.log" >&2; echo "${0##*/}: $script failed" >&2; exit 1; }
done

cut -f 1 "$tmp/out/manifest" | sort -u | while read -r set; do
  (cd "$tmp/out/$set" && tar -c -S --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 --format=gnu -- *.img) | xz -9e -T 1 >"$out/$set.tar.xz"
done

# Lines of other sets stay. Those that came out different are told.
touch "$out/manifest"
grep -vxF -f "$out/manifest" "$tmp/out/manifest" | sed "s|^|${0##*/}: not as before: |" >&2 || true
awk -F '\t' 'NR == FNR { made[$1]; next } !($1 in made)' "$tmp/out/manifest" "$out/manifest" >"$tmp/manifest"
cat "$tmp/manifest" "$tmp/out/manifest" >"$out/manifest"
