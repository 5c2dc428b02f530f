#!/usr/bin/env bash
# test/ImageFs.Fuzz/seeds/build.sh: makes the seeds of containers and codecs anew. Needs Debian's qemu-utils, android-sdk-libsparse-utils, ewf-tools,
# partclone, e2fsprogs, xz-utils, zstd, lz4, bzip2, lzop and wimtools. Other versions of these may write other bytes: any sound image is a good seed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# A disk with text, zeros and noise.
python3 - "$tmp/raw" <<'END'
import random, sys
random.seed(1)
noise = bytes(random.randrange(256) for _ in range(20000))
text = b"".join(b"line %d of a text that compresses well\n" % i for i in range(1500))
disk = bytearray(1 << 20)
disk[:len(text)] = text
disk[300000:300000 + len(noise)] = noise
disk[700000:700000 + len(text)] = text
open(sys.argv[1], "wb").write(disk)
open(sys.argv[1] + ".text", "wb").write(text[:12000])
END
convert() { qemu-img convert -f raw "${@:2}" "$tmp/raw" "$tmp/$1"; }
convert qcow2 -O qcow2 -o cluster_size=4k
convert qcow2-zlib -c -O qcow2 -o cluster_size=16k
convert qcow2-zstd -c -O qcow2 -o compression_type=zstd,cluster_size=16k,extended_l2=on
convert qcow2-v2 -O qcow2 -o compat=0.10,cluster_size=512
qemu-img snapshot -c one "$tmp/qcow2"
(
  cd "$tmp"
  qemu-img create -q -f qcow2 -o cluster_size=4k -b raw.text -F raw qcow2-middle 256k
  qemu-img create -q -f qcow2 -o cluster_size=16k,extended_l2=on -b qcow2-middle -F qcow2 qcow2-over 512k
  qemu-io -c 'write -q -P 1 8k 8k' -c 'write -q -z 32k 8k' qcow2-middle
  qemu-io -c 'write -q -P 2 20k 2k' -c 'write -q -z 48k 16k' -c 'write -q -P 3 400k 8k' qcow2-over
)
convert vmdk -O vmdk
convert vmdk-stream -O vmdk -o subformat=streamOptimized
convert vdi -O vdi
convert vhd -O vpc
convert vhdx -O vhdx -o block_size=1M,log_size=1M
img2simg "$tmp/raw" "$tmp/android" 4096 >/dev/null
ewfacquire -u -q -t "$tmp/ewf" -c deflate:fast -f encase6 "$tmp/raw" >/dev/null 2>&1 && mv "$tmp/ewf.E01" "$tmp/ewf"
truncate -s 2M "$tmp/ext4" && mke2fs -q -F -t ext4 -O ^has_journal "$tmp/ext4" && partclone.ext4 -c -s "$tmp/ext4" -o "$tmp/partclone" -q -L /dev/null 2>/dev/null
tar -C "$tmp" --format=ustar -cf "$tmp/tar" raw.text raw.text
tar -C "$tmp" --format=pax --sparse -cf "$tmp/tar-pax" raw raw.text
(cd "$tmp" && cp vmdk disk.vmdk && printf '<Envelope><References><File ovf:href="disk.vmdk" ovf:id="f"/></References><DiskSection><Disk ovf:fileRef="f"/></DiskSection></Envelope>' >vm.ovf && tar --format=ustar -cf ova vm.ovf disk.vmdk)

# Apple's, as hdiutil makes them: two block tables, chunks of every kind.
python3 - "$tmp/raw" "$tmp/dmg" <<'END'
import base64, bz2, lzma, struct, sys, zlib
disk, chunk, data, tables = open(sys.argv[1], "rb").read(), 64 << 10, b"", []
packers = [(0x80000005, zlib.compress), (0x80000006, bz2.compress), (0x80000008, lambda part: lzma.compress(part, check=lzma.CHECK_CRC32)), (1, bytes)]
for start in (0, len(disk) // 2):
    entries, end = b"", start + len(disk) // 2
    for at in range(start, end, chunk):
        part, number = disk[at:at + chunk], at // chunk
        kind, pack = packers[number % 4] if any(part) else (2 * (number % 2), lambda part: b"")
        stored = pack(part)
        entries += struct.pack(">II4Q", kind, 0, (at - start) // 512, chunk // 512, len(data), len(stored))
        data += stored
    entries += struct.pack(">II4Q", 0x7FFFFFFE, 0, (end - start) // 512, 0, 0, 0) + struct.pack(">II4Q", 0xFFFFFFFF, 0, (end - start) // 512, 0, len(data), 0)
    tables.append(struct.pack(">4sIQQ", b"mish", 1, start // 512, (end - start) // 512).ljust(200, b"\0") + struct.pack(">I", len(entries) // 40) + entries)
xml = b'<plist version="1.0"><dict><key>resource-fork</key><dict><key>blkx</key><array>'
xml += b"".join(b"<dict><key>Data</key><data>" + base64.b64encode(table) + b"</data></dict>" for table in tables)
xml += b"</array></dict></dict></plist>"
trailer = bytearray(512)
struct.pack_into(">4sII", trailer, 0, b"koly", 4, 512)
struct.pack_into(">Q", trailer, 32, len(data))
struct.pack_into(">II", trailer, 56, 1, 1)
struct.pack_into(">QQ", trailer, 216, len(data), len(xml))
struct.pack_into(">Q", trailer, 492, len(disk) // 512)
open(sys.argv[2], "wb").write(data + xml + trailer)
END
gzip -9nk "$tmp/raw" && mv "$tmp/raw.gz" "$tmp/gzip"
xz --block-size=100000 -k "$tmp/raw" && mv "$tmp/raw.xz" "$tmp/xz"
zstd -q "$tmp/raw" -o "$tmp/zstd"
bzip2 -1k "$tmp/raw" && mv "$tmp/raw.bz2" "$tmp/bzip2"
lz4 -q -B4 "$tmp/raw" "$tmp/lz4"
for kind in lzma zstd bz2 xz; do
  case $kind in
    lzma) xz --format=lzma -kc "$tmp/raw.text" ;; zstd) zstd -qc "$tmp/raw.text" ;; bz2) bzip2 -kc "$tmp/raw.text" ;; xz) xz -kc "$tmp/raw.text" ;;
  esac >"$tmp/codec-$kind"
done
# A block of LZ4 from its frame, and one of LZO from lzop's file: both have a length in front of it.
python3 - "$tmp" <<'END'
import struct, subprocess, sys
folder = sys.argv[1]
frame = subprocess.run(["lz4", "-qc", "--no-frame-crc", f"{folder}/raw.text"], capture_output=True, check=True).stdout
length = struct.unpack("<I", frame[7:11])[0] & 0x7FFFFFFF
open(f"{folder}/codec-lz4", "wb").write(frame[11:11 + length])
file = subprocess.run(["lzop", "-1cF", f"{folder}/raw.text"], capture_output=True, check=True).stdout
at = file.index(struct.pack(">I", 12000))
length = struct.unpack(">I", file[at + 4:at + 8])[0]
open(f"{folder}/codec-lzo", "wb").write(file[at + 8:at + 8 + length])

# The one chunk that a file is in, in an archive of wimlib.
import os
os.mkdir(f"{folder}/wim")
os.link(f"{folder}/raw.text", f"{folder}/wim/text")
for kind in "XPRESS", "LZX":
    subprocess.run(["wimcapture", f"{folder}/wim", f"{folder}/{kind}", "--no-acls", f"--compress={kind}", "--chunk-size=32768"], capture_output=True, check=True)
    wim = open(f"{folder}/{kind}", "rb").read()
    size, address = int.from_bytes(wim[48:55], "little"), int.from_bytes(wim[56:64], "little")
    for entry in range(address, address + size, 50):
        if int.from_bytes(wim[entry + 16:entry + 24], "little") == 12000:
            start = int.from_bytes(wim[entry + 8:entry + 16], "little")
            open(f"{folder}/codec-{kind.lower()}", "wb").write(wim[start:start + int.from_bytes(wim[entry:entry + 7], "little")])
END
for name in qcow2 qcow2-zlib qcow2-zstd qcow2-v2 qcow2-middle qcow2-over vmdk vmdk-stream vdi vhd vhdx dmg android ewf partclone tar tar-pax ova gzip xz zstd bzip2 lz4 \
  codec-lzma codec-zstd codec-bz2 codec-xz codec-lz4 codec-lzo codec-xpress codec-lzx; do
  [[ -s $tmp/$name ]] || { echo "$name was not made" >&2; exit 1; }
  gzip -9nc "$tmp/$name" >"$name.gz"
done
