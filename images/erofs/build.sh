#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes the images of this folder anew, the same bytes each time (README.md says what each has). It needs root for the device nodes, attr, acl, and
# mkfs.erofs of erofs-utils 1.9.4, by the name in MKFS or by PATH: Debian 12 has 1.5, which knows of half of this. That of 64 KiB blocks needs one that
# was configured with MAX_BLOCK_SIZE=65536, by the name in MKFS64.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
mkfs=${MKFS:-mkfs.erofs} mkfs64=${MKFS64:-$mkfs}

# Noise that is the same each time.
noise() { # WORD BYTES
  python3 -c 'import random, sys; r = random.Random(sys.argv[1]); sys.stdout.buffer.write(r.randbytes(int(sys.argv[2])))' "$@"
}

fresh
mkdir -p directory/deep many
text text 100000 >text
noise noise 20000 >noise
cat text noise >mixed
head -c 30000 text >directory/same-start
head -c 4097 text >directory/short
printf x >directory/deep/one
: >nothing
truncate -s 200000 sparse
printf data | dd of=sparse bs=1 seek=150000 conv=notrunc status=none
head -c 300000 /dev/zero >zeros
ln directory/short hard
ln -s directory/../text link
ln -s "$(printf '%0300d' 7)" long-link
mknod character c 5 300
mknod block b 8 70000
mkfifo pipe
for ((i = 0; i < 120; i++)); do echo $i >many/a-name-that-is-rather-long-$i; done
touch '!before' ./-minus "$(printf 'not\377utf')"
chown 70000:80000 nothing
chmod 4755 directory/deep/one
setfattr -n user.a -v 1 text
setfattr -n user.long.prefix.first -v "$(printf '%01000d' 1)" text
setfattr -n user.long.prefix.second -v 2 mixed
setfattr -n trusted.t -v z noise
for ((i = 0; i < 5; i++)); do setfattr -n user.shared -v same many/a-name-that-is-rather-long-$i; done
setfacl -m u:1000:r,g:7:rw text
setfacl -d -m u:1000:rx directory
find . -exec touch -h -d "$date.123456789" {} +

image() { # NAME MKFS-ARGS...
  local file=$tmp/$1.img
  quiet "${program:-$mkfs}" --quiet -U 65726f66-7465-7374-8000-000000000001 -L "$1" -T 1709210096 --mkfs-time --workers=1 "${@:2}" "$file" "$tmp/tree"
  pack "$1.img"
  printf '%s  %s\n' "$(sha256sum <"$file" | cut -d ' ' -f 1)" "$1.img"
}

image plain -b 1024
image chunks --chunksize=4096 -Eforce-chunk-indexes
image full -zlz4hc -C16384 -Elegacy-compress,ztailpacking
image compact -zlz4
image dedupe -zlz4 -C16384 -Ededupe,fragments
image lzma -zlzma,level=1 -C16384 -Eztailpacking --xattr-prefix=user.long.prefix.
image deflate -zdeflate -C16384 -Edot-omitted,all-fragments --xattr-prefix=user.long.prefix. --zD=1
image zstd -zzstd -C16384 -Eall-fragments,dedupe
image several -zlz4:lzma:zstd:deflate -C16384 -Exattr-name-filter
image metabox -zlz4 -m4096 --xattr-prefix=user.long.prefix. --zD=1
image 48bit -zzstd -C16384 -E48bit,ztailpacking
image zone --MZ=id -Eplain-xattr-prefixes --xattr-prefix=user.long.prefix.
program=$mkfs64 image blocks64k -b65536 -zlz4 -Ededupe,fragments

# Data on another device, which the table names as the file beside the image: mkfs.erofs leaves that place empty.
file=$tmp/device.img
quiet "$mkfs" --quiet -U 65726f66-7465-7374-8000-000000000001 -L device -T 1709210096 --mkfs-time -Enosbcrc --chunksize=4096 --blobdev="$tmp/blob.img" "$file" "$tmp/tree"
python3 - "$file" <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as file:
    file.seek(1024 + 88)
    file.seek(struct.unpack("<H", file.read(2))[0] * 128)
    file.write(b"blob.img")
END
pack device.img
pack blob.img
(cd "$tmp" && sha256sum device.img blob.img)
