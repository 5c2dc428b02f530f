#!/usr/bin/env bash
# images/invalid/build.sh [OUTPUT-DIRECTORY]
# Makes the damaged disks, ext, FAT, exFAT, UDF, XFS, Btrfs, NTFS, SquashFS, EROFS and encrypted images anew, and by firmware.py cramfs, romfs and Android's,
# the same bytes each time; images/build.sh makes the damaged ISO images. Needs Debian's e2fsprogs, dosfstools, mtools, fdisk, xfsprogs, squashfs-tools, faketime and python3, ../exfat/filled.img.gz, ../udf/hd150-512.img.gz,
# ../btrfs/sha256.img.gz, ../ntfs/tree.img.gz and ../erofs/full.img.gz.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
export MTOOLS_SKIP_CHECK=1
export E2FSPROGS_FAKE_TIME=1709210096 DEBUGFS_PAGER=cat

# ---- the images that are damaged: what is wrong in bad/ must leave good/ and top as they were ----

fresh
mkdir bad good
text good 5000 >good/file
text bad 5000 >bad/file
text other 9000 >bad/other
text top 12000 >top
find . -exec touch -d "$date" {} +

ext() { # NAME MKE2FS-OPTIONS...
  truncate -s 256K "$tmp/$1.img"
  MKE2FS_CONFIG=/dev/null quiet mke2fs -q -F -t ext4 -b 1024 -N 32 -U 6578745f-7465-7374-8000-000000000002 \
    -E hash_seed=01234567-89ab-cdef-8123-456789abcdef,root_owner=0:0,lazy_itable_init=0 -d "$tmp/tree" "${@:2}" "$tmp/$1.img"
  find . -mindepth 1 -printf '/%P\n' | sort | while read -r path; do
    for field in atime ctime crtime mtime; do echo "set_inode_field $path $field @1709210096"; done
    for field in uid gid; do echo "set_inode_field $path $field 0"; done
  done | quiet debugfs -w -f - "$tmp/$1.img"
}

ext ext-good -O 'extent,^has_journal,^metadata_csum,^uninit_bg,^resize_inode,^dir_index'
ext ext-sums -O 'extent,^has_journal,metadata_csum,^resize_inode,^dir_index'
quiet at mkfs.fat -F 12 -i 1234ABCD -n 'TEST LABEL' -C "$tmp/fat-good.img" 160
at mcopy -s -m -i "$tmp/fat-good.img" bad good top ::/
{
  printf '%s\n' - '0 0' 'd--755 0 0'
  printf '%s\n' 'bad d--755 0 0' "file ---644 0 0 $tmp/tree/bad/file" "other ---644 0 0 $tmp/tree/bad/other" $
  printf '%s\n' 'good d--755 0 0' "file ---644 0 0 $tmp/tree/good/file" $ "top ---644 0 0 $tmp/tree/top" $
} >"$tmp/proto"
truncate -s 16M "$tmp/xfs-good.img"
TEST_DEV=- TEST_DIR=- QA_CHECK_FS=- quiet at mkfs.xfs -q -m uuid=78667378-7465-7374-8000-000000000002 -d agcount=1 -b size=1k -p "$tmp/proto" "$tmp/xfs-good.img"
# Metadata as it is, so that it can be damaged; time and order are the same each time.
quiet mksquashfs "$tmp/tree" "$tmp/squashfs-good.img" -noappend -no-progress -processors 1 -all-root -noI -noId -no-fragments -b 4096
gunzip -c "$here/../exfat/filled.img.gz" >"$tmp/exfat-good.img"
gunzip -c "$here/../udf/hd150-512.img.gz" >"$tmp/udf-good.img"
gunzip -c "$here/../btrfs/sha256.img.gz" >"$tmp/btrfs-good.img"
gunzip -c "$here/../ntfs/tree.img.gz" >"$tmp/ntfs-good.img"
gunzip -c "$here/../erofs/full.img.gz" >"$tmp/erofs-good.img"

truncate -s 1M "$tmp/gpt-good.img" "$tmp/mbr-good.img"
printf '%s\n' 'label: gpt' 'label-id: 11111111-2222-3333-4444-555555555555' 'start=64, size=512, uuid=AAAAAAAA-0000-4000-8000-000000000001' \
  'start=640, size=512, uuid=AAAAAAAA-0000-4000-8000-000000000002' | quiet sfdisk -q "$tmp/gpt-good.img"
printf '%s\n' 'label: dos' 'label-id: 0x1234abcd' 'start=64, size=512, type=83' 'start=640, size=1300, type=5' \
  'start=704, size=512, type=6' 'start=1280, size=512, type=83' | quiet sfdisk -q "$tmp/mbr-good.img"
for table in gpt mbr; do
  dd if="$tmp/ext-good.img" of="$tmp/$table-good.img" bs=512 seek=64 conv=notrunc status=none
  dd if="$tmp/fat-good.img" of="$tmp/$table-good.img" bs=512 seek="$([[ $table = gpt ]] && echo 640 || echo 704)" conv=notrunc status=none
done

# ---- damaged on purpose ----

python3 - "$tmp" <<'END'
import hashlib, re, struct, subprocess, sys, zlib

folder = sys.argv[1]
good = {name: open(f"{folder}/{name}-good.img", "rb").read() for name in ("ext", "fat", "exfat", "gpt", "mbr", "udf", "xfs", "btrfs", "ntfs", "squashfs", "erofs")}

def image(name, *changes, base=None, cut=None):
    data = bytearray(base or good[name.split("-")[0]])
    for offset, change in changes: data[offset:offset + len(change)] = change
    open(f"{folder}/{name}.img", "wb").write(data[:cut])

def u16(n): return struct.pack("<H", n)
def u32(n): return struct.pack("<I", n)
def u64(n): return struct.pack("<Q", n)

def debugfs(command, file):
    return subprocess.run(["debugfs", "-R", command, file], capture_output=True, text=True, check=True).stdout

# ext: the super block at 1024, the inodes and blocks where debugfs says that they are.
def inode(path, file=f"{folder}/ext-good.img"):
    block, offset = re.search(r"block (\d+), offset (0x\w+)", debugfs(f"imap {path}", file)).groups()
    return int(block) * 1024 + int(offset, 16)

def block(path, file=f"{folder}/ext-good.img"):
    return int(debugfs(f"blocks {path}", file).split()[0]) * 1024

extent_tree = 40
image("ext-block-size", (1024 + 24, u32(40)))
image("ext-no-inodes", (1024 + 40, u32(0)))
image("ext-cut", cut=12 * 1024)
image("ext-inodes-past-end", (2048 + 8, u32(1_000_000)))
image("ext-tree-loop", (inode("/bad/other") + extent_tree, u16(0xF30A) + u16(1) + u16(4) + u16(5) + u32(0)
      + u32(0) + u32(block("/bad/other") // 1024) + u32(0)),
      (block("/bad/other"), u16(0xF30A) + u16(1) + u16(84) + u16(4) + u32(0) + u32(0) + u32(block("/bad/other") // 1024) + u32(0)))
image("ext-file-past-end", (inode("/bad/other") + extent_tree + 12 + 8, u32(1_000_000)))
image("ext-file-size", (inode("/bad/other") + 108, u32(0x80000000)))
image("ext-record-zero", (block("/bad") + 12 + 12 + 4, u16(0)))
image("ext-is-its-parent", (inode("/bad") + extent_tree + 12 + 8, u32(block("/") // 1024)))
sums = f"{folder}/ext-sums.img"
image("ext-sum", (block("/bad", sums) + 24 + 8, b"X"), base=open(sums, "rb").read())

# FAT12: a boot sector, two tables of entries of 12 bits, the root directory.
fat = good["fat"]
sector, reserved, tables, roots, length = struct.unpack_from("<H", fat, 11)[0], struct.unpack_from("<H", fat, 14)[0], fat[16], struct.unpack_from("<H", fat, 17)[0], struct.unpack_from("<H", fat, 22)[0]
cluster = sector * fat[13]
heap = (reserved + tables * length) * sector + roots * 32
def entry(name): return fat.index(name)
def first(name): return struct.unpack_from("<H", fat, entry(name) + 26)[0]
def link(number, to):
    changes = []
    for table in range(tables):
        at = (reserved + table * length) * sector + number * 3 // 2
        old = struct.unpack_from("<H", fat, at)[0]
        changes.append((at, u16(old & 0x000F | to << 4 if number & 1 else old & 0xF000 | to)))
    return changes

other, bad = first(b"OTHER      "), first(b"BAD        ")
image("fat-no-table", (22, u16(0)))
image("fat-table-too-short", (13, b"\x01"), (19, u16(0)), (32, u32(60_000)))
image("fat-cut", cut=heap + cluster * (first(b"TOP        ") - 2) + 3 * 1024)
image("fat-chain-loop", *link(other + 1, other))
image("fat-chain-free", *link(other + 1, 0))
image("fat-chain-past-end", *link(other + 1, 0xFE0))
image("fat-directory-loop", *link(bad, bad))
image("fat-is-its-parent", (entry(b"OTHER      ") + 11, b"\x10"), (entry(b"OTHER      ") + 26, u16(bad)))
image("fat-file-size", (entry(b"OTHER      ") + 28, u32(0xFFFFFFFF)))

# exFAT: two boot regions of 12 sectors, entry sets with a sum each.
exfat = good["exfat"]
def chars(name): return name.encode("utf-16-le")
def entry_set(name):
    at = exfat.index(b"\xC1\x00" + chars(name) + (b"\0\0" if len(name) < 15 else b"")) - 64
    assert exfat[at] == 0x85
    return at
def with_sum(at, *changes):
    data = bytearray(exfat[at:at + 32 * (exfat[at + 1] + 1)])
    for offset, change in changes: data[offset:offset + len(change)] = change
    total = 0
    for i, value in enumerate(data):
        if i not in (2, 3): total = ((total >> 1) | (total << 15 & 0x8000)) + value & 0xFFFF
    data[2:4] = u16(total)
    return at, bytes(data)

sector = 1 << exfat[108]
table = struct.unpack_from("<I", exfat, 80)[0] * sector
docs, linked, single = entry_set("docs"), entry_set("first"), entry_set("third")
cluster = struct.unpack_from("<I", exfat, linked + 32 + 20)[0]
assert not exfat[linked + 33] & 2 and exfat[single + 33] & 2
image("exfat-boot-sums", (11 * sector, b"\0" * sector), (23 * sector, b"\0" * sector))
image("exfat-cut", cut=table + 100)
image("exfat-set-sum", (docs + 2, b"\0\0"))
image("exfat-chain-loop", (table + 4 * (cluster + 1), u32(cluster)), (table + 4 * cluster, u32(cluster + 1)))
image("exfat-contiguous-past-end", with_sum(single, (32 + 20, u32(struct.unpack_from("<I", exfat, 92)[0]))))
image("exfat-file-size", with_sum(linked, (32 + 8, u64(1 << 60)), (32 + 24, u64(1 << 60))))
image("exfat-upcase-sum", (exfat.index(u16(1) + u16(2) + u16(3) + u16(4)), b"\xFF\xFF"))

# UDF: the entry of /long, a block of its own; tags with right sums, so that what is behind them counts.
udf = good["udf"]
def crc16(data):
    crc = 0
    for value in data:
        crc ^= value << 8
        for _ in range(8): crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc

def sealed(place, *changes):
    block = bytearray(udf[place:place + 512])
    for offset, change in changes: block[offset:offset + len(change)] = change
    block[8:10] = struct.pack("<H", crc16(block[16:16 + struct.unpack_from("<H", block, 10)[0]]))
    block[4] = (sum(block[:16]) - block[4]) & 0xFF
    return place, bytes(block)

sequence = struct.unpack_from("<I", udf, 256 * 512 + 20)[0] * 512, struct.unpack_from("<I", udf, 256 * 512 + 28)[0] * 512
start = next(struct.unpack_from("<I", udf, at + 188)[0] for at in range(sequence[0], sequence[0] + 16 * 512, 512) if udf[at] == 5)
entry = (start + struct.unpack_from("<I", udf, udf.index(b"\x08long\0") - 38 + 24)[0]) * 512
assert udf[entry] == 5 and udf[entry + 1] == 1
image("udf-entry-sum", (entry + 40, bytes([udf[entry + 40] ^ 1])))
image("udf-extent-past-end", sealed(entry, (176 + struct.unpack_from("<I", udf, entry + 168)[0] + 4, u32(0x7FFFFFFF))))
image("udf-no-anchor", *[(at, b"\0" * 512) for at in range(0, len(udf), 512) if udf[at:at + 2] == b"\2\0" and udf[at + 12:at + 16] == u32(at // 512)])
image("udf-sequences", *[(at, bytes([udf[at] ^ 0xFF])) for at in sequence])

# XFS: the super block, inodes where xfs_db says that they are, blocks; with right sums, so that what is behind them counts.
xfs = good["xfs"]
table = []
for n in range(256):
    for _ in range(8): n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    table.append(n)

def crc32c(data):
    crc = 0xFFFFFFFF
    for value in data: crc = table[(crc ^ value) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF

def summed(place, length, sum_at, *changes):
    block = bytearray(xfs[place:place + length])
    for offset, change in changes: block[offset:offset + len(change)] = change
    block[sum_at:sum_at + 4] = bytes(4)
    block[sum_at:sum_at + 4] = u32(crc32c(bytes(block)))
    return place, bytes(block)

def big(*numbers): return struct.pack(">" + "".join("HIQ"[size // 4] for size, _ in numbers), *[n for _, n in numbers])
def number_of(path):
    told = subprocess.run(["xfs_db", "-r", "-c", f"path {path}", "-c", "print v3.inumber", f"{folder}/xfs-good.img"], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[-1])
def xfs_inode(path, *changes): return summed(number_of(path) * 512, 512, 100, *changes)

fork, size = 176, 56
other = number_of("/bad/other") * 512
address = (struct.unpack_from(">Q", xfs, other + fork + 8)[0] >> 21) * 1024
image("xfs-block-size", summed(0, 512, 224, (4, big((4, 1 << 30))), (120, b"\x1E")))
image("xfs-no-groups", summed(0, 512, 224, (88, big((4, 0)))))
image("xfs-super-sum", (108, b"X"))
image("xfs-cut", cut=address + 2048)
image("xfs-inode-sum", (number_of("/bad") * 512 + fork + 8, b"X"))
image("xfs-file-size", xfs_inode("/bad/other", (size, big((8, 1 << 63)))))
image("xfs-extent-past-end", xfs_inode("/bad/other", (fork, big((8, 0), (8, 1_000_000 << 21 | 9)))))
image("xfs-extents-overlap", xfs_inode("/bad/other", (76, big((4, 2))), (fork + 16, xfs[other + fork:other + fork + 16])))
node = bytearray(1024)
node[:24] = b"BMA3" + big((2, 1), (2, 1), (8, 0xFFFFFFFFFFFFFFFF), (8, 0xFFFFFFFFFFFFFFFF))
node[24:72] = big((8, address // 512), (8, 0)) + xfs[32:48] + big((8, other // 512), (4, 0), (4, 0))
node[72:80] = big((8, 0))
at = 72 + (1024 - 72) // 16 * 8
node[at:at + 8] = big((8, address // 1024))
node[64:68] = u32(crc32c(bytes(node)))
image("xfs-tree-loop", xfs_inode("/bad/other", (5, b"\x03"), (76, big((4, 30))), (fork, big((2, 2), (2, 1), (8, 0))),
      (fork + 4 + (512 - fork - 4) // 16 * 8, big((8, address // 1024)))), (address, bytes(node)))
entry = xfs.index(b"other", number_of("/bad") * 512)
image("xfs-is-its-parent", xfs_inode("/bad", (entry - number_of("/bad") * 512 + 5, b"\x02" + big((4, number_of("/bad"))))))

# Btrfs: nodes of 4 KiB, with SHA-256 at their start of all that follows 32 bytes; all trees that files are in are one leaf. A key is 17 bytes,
# the header of a node 101, that of an item 25.
btrfs, super_block, node_size = good["btrfs"], 0x10000, 4096

def leaf(tree):
    nodes = [at for at in range(0, len(btrfs), node_size) if at != super_block and btrfs[at + 32:at + 48] == btrfs[super_block + 32:super_block + 48]
             and struct.unpack_from("<Q", btrfs, at + 88)[0] == tree and btrfs[at + 100] == 0]
    return max(nodes, key=lambda at: struct.unpack_from("<Q", btrfs, at + 80)[0])

def items(tree, number, kind, end=b""):
    at = leaf(tree)
    for i in range(struct.unpack_from("<I", btrfs, at + 96)[0]):
        header = at + 101 + 25 * i
        number_, kind_ = struct.unpack_from("<QB", btrfs, header)
        start, size = struct.unpack_from("<II", btrfs, header + 17)
        if (number in (None, number_)) and kind == kind_ and btrfs[at + 101 + start:at + 101 + start + size].endswith(end): yield at + 101 + start

def sealed_node(place, *changes):
    node = bytearray(btrfs[place:place + node_size])
    for offset, change in changes: node[offset - place:offset - place + len(change)] = change
    return place, hashlib.sha256(node[32:]).digest() + bytes(node[32:])

files, top, inode_item, dir_item, dir_index, extent_data, chunk_item = 5, 256, 1, 84, 96, 108, 228
def inode_of(name): return struct.unpack_from("<Q", btrfs, next(items(files, top, dir_index, name)))[0]
packed = next(items(files, inode_of(b"compressed"), extent_data))
names = [next(items(files, top, kind, b"directory")) for kind in (dir_item, dir_index)]
volume = leaf(256)
image("btrfs-super-sum", (super_block + 0x12B, b"X"))
image("btrfs-no-nodes", sealed_node(super_block, (super_block + 0x94, u32(0))))
image("btrfs-chunks-past-end", sealed_node(leaf(3), *[(at + 56, u64(1 << 40)) for at in items(3, None, chunk_item)]))
image("btrfs-node-sum", (volume + 2000, b"X"))
image("btrfs-tree-loop", sealed_node(volume, (volume + 100, b"\1"), (volume + 96, u32(1)), (volume + 101 + 17, btrfs[volume + 48:volume + 56] + btrfs[volume + 80:volume + 88])))
image("btrfs-extent-past-end", sealed_node(leaf(files), (packed + 21, u64(1 << 40))))
image("btrfs-bomb", sealed_node(leaf(files), (packed + 8, u64(1 << 40))))
image("btrfs-name", sealed_node(leaf(files), *[(at + 30, b"dir/ctory") for at in names[1:]]))
image("btrfs-is-its-parent", sealed_node(leaf(files), *[(at, u64(top)) for at in names]))

# SquashFS: metadata is not compressed, so the table of inodes begins two bytes behind the place that the super block has for it, and so does that of
# directories. An entry of a directory is 8 bytes before its name: where its inode is, what to add to a number, type, length.
squashfs = good["squashfs"]
inodes, directories = (struct.unpack_from("<Q", squashfs, at)[0] + 2 for at in (64, 72))
def entry_of_name(name): return squashfs.index(name, directories) - 8
def inode_at(entry): return inodes + struct.unpack_from("<H", squashfs, entry)[0]
other, in_root = inode_at(entry_of_name(b"other")), entry_of_name(b"bad")
data = struct.unpack_from("<I", squashfs, other + 16)[0]
bomb = zlib.compress(bytes(1 << 20), 9)
image("squashfs-block-size", (12, u32(5000)))
image("squashfs-tables-past-end", (64, u64(1 << 40)), (72, u64((1 << 40) + 1)))
image("squashfs-root-past-end", (32, u64(1 << 30)))
image("squashfs-ids", (26, u16(0)))
image("squashfs-version", (28, u16(5)))
image("squashfs-data", (data + 100, b"XXXX"))
image("squashfs-bomb", (data, bomb[:struct.unpack_from("<I", squashfs, other + 32)[0]]))
image("squashfs-inode-type", (other, u16(99)))
image("squashfs-owner", (other + 4, u16(9)))
image("squashfs-file-size", (other + 28, u32(0xFFFFFFFF)))
image("squashfs-block-past-end", (other + 32, u32(0x1FFFFFF)))
image("squashfs-count", (entry_of_name(b"file") - 12, u32(1000)))
image("squashfs-name", (entry_of_name(b"other") + 8, b"oth/r"))
image("squashfs-is-its-parent", (entry_of_name(b"other"), squashfs[in_root:in_root + 2]), (entry_of_name(b"other") + 4, u16(1)))

# EROFS: full indexes of eight bytes, 16 bytes behind an inode and its attributes; the super block's checksum is made right but where it is said.
erofs = good["erofs"]
assert erofs[1024 + 12] == 12
def crc32c(data):
    sum = 0xFFFFFFFF
    for byte in data:
        sum ^= byte
        for _ in range(8): sum = sum >> 1 ^ (0x82F63B78 if sum & 1 else 0)
    return sum
def super(*changes):
    block = bytearray(erofs[1024:4096])
    for offset, change in changes: block[offset:offset + len(change)] = change
    block[4:8] = bytes(4)
    block[4:8] = u32(crc32c(block))
    return 1024, bytes(block)
def erofs_inode(node): return (struct.unpack_from("<I", erofs, 1024 + 40)[0] << 12) + node * 32
def erofs_body(node):
    at = erofs_inode(node)
    attributes = struct.unpack_from("<H", erofs, at + 2)[0]
    return at + (64 if erofs[at] & 1 else 32) + (12 + 4 * (attributes - 1) if attributes else 0)
def erofs_entry(node, name):
    at = erofs_body(node)
    for i in range(struct.unpack_from("<H", erofs, at + 8)[0] // 12):
        if erofs[at + struct.unpack_from("<H", erofs, at + 12 * i + 8)[0]:].startswith(name): return at + 12 * i
def erofs_node(entry): return struct.unpack_from("<Q", erofs, entry)[0]
erofs_root = struct.unpack_from("<H", erofs, 1024 + 14)[0]
text, folder_entry, noise = (erofs_entry(erofs_root, name) for name in (b"text", b"directory", b"noise"))
indexes = (erofs_body(erofs_node(text)) + 7 & ~7) + 16
heads = [at for at in range(indexes, indexes + 25 * 8, 8) if erofs[at] & 3 != 2]
first = struct.unpack_from("<I", erofs, heads[0] + 4)[0] << 12
image("erofs-super-sum", (1024 + 64, b"X"))
image("erofs-feature", super((80, u32(struct.unpack_from("<I", erofs, 1024 + 80)[0] | 1 << 20))))
image("erofs-block-size", super((12, b"\x1f")))
image("erofs-root-is-a-file", super((14, u16(erofs_node(text)))))
image("erofs-cut", cut=erofs_inode(erofs_root) + 16)
image("erofs-cluster-past-end", (heads[0] + 4, u32(0x7FFFFFFF)))
image("erofs-index-loop", (heads[0] + 8 + 4, u16(0)), (heads[0] + 16 + 4, u16(0)))
image("erofs-stream", (first + 8000, bytes(range(256)) * 20))
image("erofs-bomb", (heads[0] + 8 + 6, u16(60000)), (erofs_inode(erofs_node(text)) + 8, u64(1 << 25)))
image("erofs-name-past-block", super((erofs_body(erofs_node(folder_entry)) - 1024 + 12 + 8, u16(0xFFF0))))
image("erofs-is-its-parent", super((folder_entry - 1024, u64(erofs_root))))

# NTFS: file records of 1 KiB and index records of 4 KiB, whose update sequences are taken off and put on again; attributes by their type.
ntfs = good["ntfs"]

def unsealed(place, length):
    record = bytearray(ntfs[place:place + length])
    start = struct.unpack_from("<H", record, 4)[0]
    for i in range(length // 512): record[i * 512 + 510:i * 512 + 512] = record[start + 2 * i + 2:start + 2 * i + 4]
    return record

def sealed_record(place, length, *changes):
    record = unsealed(place, length)
    for offset, change in changes: record[offset:offset + len(change)] = change
    start = struct.unpack_from("<H", record, 4)[0]
    for i in range(length // 512):
        record[start + 2 * i + 2:start + 2 * i + 4] = record[i * 512 + 510:i * 512 + 512]
        record[i * 512 + 510:i * 512 + 512] = record[start:start + 2]
    return place, bytes(record)

def file_record(name):
    key = bytes([len(name)])
    return next(at for at in range(0, len(ntfs), 1024) if ntfs[at:at + 4] == b"FILE" and any(
        ntfs[at + i:at + i + 1] == key and ntfs[at + i + 2:at + i + 2 + 2 * len(name)] == name.encode("utf-16-le") for i in range(0x50, 0x200)))

def attribute(place, kind):
    record = unsealed(place, 1024)
    at = struct.unpack_from("<H", record, 20)[0]
    while struct.unpack_from("<I", record, at)[0] != kind: at += struct.unpack_from("<I", record, at + 4)[0]
    return at

other, folder_bad = file_record("other"), file_record("bad")
data, names = attribute(other, 0x80), attribute(other, 0x30)
runs = data + struct.unpack_from("<H", unsealed(other, 1024), data + 32)[0]
own = u64(struct.unpack_from("<I", ntfs, other + 44)[0] | struct.unpack_from("<H", ntfs, other + 16)[0] << 48)
# What was in a record of an index before it was divided is still there: all of them are changed.
indexes = [at for at in range(0, len(ntfs), 4096) if ntfs[at:at + 4] == b"INDX" and "other".encode("utf-16-le") in ntfs[at:at + 4096]]
bad_itself = ntfs[folder_bad + 44:folder_bad + 48] + b"\0\0" + ntfs[folder_bad + 16:folder_bad + 18]
def entry_of(at): return unsealed(at, 4096).index("other".encode("utf-16-le")) - 0x42 - 0x10
image("ntfs-boot", (13, b"\x4D"), (len(ntfs) - 512 + 13, b"\x4D"))
image("ntfs-record-torn", (other + 510, b"XX"))
image("ntfs-run-past-end", sealed_record(other, 1024, (runs, b"\x31\x03" + b"\xFF\xFF\x0F\0")))
image("ntfs-list-loop", sealed_record(other, 1024, (names, u32(0x20)), (names + 16, u32(0x20)),
      (names + 24, u32(0x80) + u16(0x20) + b"\0\x1A" + u64(1) + own + u16(0x55) + bytes(6))))
image("ntfs-index-torn", *[(at + 1022, b"XX") for at in indexes])
image("ntfs-is-its-parent", *[sealed_record(at, 4096, (entry_of(at), bad_itself), (entry_of(at) + 0x10 + 56, u32(0x10000000))) for at in indexes])

# Tables: headers of a GPT with right sums, so that what they say counts.
def header(data, place, *changes):
    head = bytearray(data[place:place + 92])
    for offset, change in changes: head[offset:offset + len(change)] = change
    head[16:20] = bytes(4)
    head[16:20] = u32(zlib.crc32(bytes(head)))
    return place, bytes(head)

gpt, mbr = good["gpt"], good["mbr"]
last = len(gpt) - 512
image("gpt-sums", (512 + 16, b"\0" * 4), (last + 16, b"\0" * 4))
image("gpt-primary-sum", (512 + 16, b"\0" * 4))
image("gpt-entry-size", header(gpt, 512, (84, u32(0))), header(gpt, last, (84, u32(0))))
image("gpt-entries-huge", header(gpt, 512, (80, u32(0xFFFFFFFF))), header(gpt, last, (80, u32(0xFFFFFFFF))))
entries = bytearray(gpt[1024:1024 + 128 * 128])
entries[128 + 40:128 + 48] = u64(1 << 40)
image("gpt-partition-past-end", (1024, entries), (last - 128 * 128, entries),
      header(gpt, 512, (88, u32(zlib.crc32(bytes(entries))))), header(gpt, last, (88, u32(zlib.crc32(bytes(entries))))))
second = mbr.index(b"\x55\xAA", 1100 * 512) - 510
image("mbr-logical-loop", (second + 446 + 16, b"\0\0\0\0\x05\0\0\0" + u32(0) + u32(100)))
image("mbr-logical-past-end", (640 * 512 + 446 + 16 + 8, u32(1_000_000)))
image("mbr-partition-past-end", (446 + 12, u32(0xFFFFFFF0)))

# A member of a RAID 5 that has more members than there can be: struct mdp_superblock_1 of version 1.2, with a right sum.
member = bytearray(64 << 10)
def field(at, value): member[4096 + at:4096 + at + len(value)] = value
for at, value in ((0, 0xA92B4EFC), (4, 1), (72, 5), (76, 2), (88, 8), (92, 0xFFFFFF00), (220, 128)): field(at, u32(value))
for at, value in ((80, 64), (128, 32), (136, 96), (144, 8), (200, 20), (208, 2**64 - 1)): field(at, u64(value))
field(16, b"image fs md test")
field(256, b"\0\0" + b"\xFF\xFF" * 127)
total = sum(struct.unpack_from("<128I", member, 4096))
field(216, u32((total & 0xFFFFFFFF) + (total >> 32)))
open(f"{folder}/md-members.img", "wb").write(member)

# A physical volume of LVM with right checksums, of whose group a volume is longer than any device: label_header, pv_header, mda_header.
def lvm_sum(data): return zlib.crc32(data, 0xF597A6CF ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
uuid = b"000000-0000-0000-0000-0000-0000-000000"
text = b"""vg { id = "%s" seqno = 1 status = ["READ"] extent_size = 4294967295
physical_volumes { pv0 { id = "%s" status = ["ALLOCATABLE"] pe_start = 64 pe_count = 4294967295 } }
logical_volumes { lv { id = "%s" status = ["READ", "VISIBLE"] segment_count = 1
segment1 { start_extent = 0 extent_count = 4294967295 type = "striped" stripe_count = 1 stripes = ["pv0", 0] } } } }
contents = "Text Format Volume Group" version = 1
""" % (uuid, uuid, uuid) + b"\0"
volume = bytearray(64 << 10)
sector = bytearray(512)
head = uuid.replace(b"-", b"") + u64(64 << 10) + u64(32 << 10) + u64(0) * 3 + u64(4096) + u64(16 << 10) + u64(0) * 2
sector[:32 + len(head)] = b"LABELONE" + u64(1) + u32(0) + u32(32) + b"LVM2 001" + head
sector[16:20] = u32(lvm_sum(bytes(sector[20:])))
volume[512:1024] = sector
area = bytearray(512)
area[4:60] = b" LVM2 x[5A%r0N*>" + u32(1) + u64(4096) + u64(16 << 10) + u64(512) + u64(len(text)) + u32(lvm_sum(text))
area[:4] = u32(lvm_sum(bytes(area[4:])))
volume[4096:4096 + 512 + len(text)] = area + text
open(f"{folder}/lvm-length.img", "wb").write(volume)

# A thin pool whose tree of devices leads back to itself: struct thin_disk_superblock, struct node_header; all checksums are right.
def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8): value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value
def thin_block(fields, salt):
    block = bytearray(4096)
    for at, value in fields: block[at:at + len(value)] = value
    block[:4] = u32(crc32c(bytes(block[4:])) ^ salt)
    return bytes(block)
def linear(name, start, count, status=""):
    return '%s { id = "%s" status = ["READ"%s] segment_count = 1 segment1 { start_extent = 0 extent_count = %d type = "striped" stripe_count = 1 stripes = ["pv0", %d] } }\n' % (name, uuid.decode(), status, count, start)
text = ('vg { id = "%s" seqno = 1 status = ["READ"] extent_size = 128\n'
    'physical_volumes { pv0 { id = "%s" status = ["ALLOCATABLE"] pe_start = 64 pe_count = 2 } }\nlogical_volumes {\n' % (uuid.decode(), uuid.decode())
    + linear("tmeta", 0, 1) + linear("tdata", 1, 1)
    + 'pool { id = "%s" status = ["READ"] segment_count = 1 segment1 { start_extent = 0 extent_count = 1 type = "thin-pool" metadata = "tmeta" pool = "tdata" transaction_id = 0 chunk_size = 128 } }\n'
      'thin { id = "%s" status = ["READ", "VISIBLE"] segment_count = 1 segment1 { start_extent = 0 extent_count = 1 type = "thin" thin_pool = "pool" transaction_id = 0 device_id = 1 } }\n'
      '} }\ncontents = "Text Format Volume Group" version = 1\n' % (uuid.decode(), uuid.decode())).encode() + b"\0"
area[48:60] = u64(len(text)) + u32(lvm_sum(text))
area[:4] = u32(lvm_sum(bytes(area[4:])))
volume = volume[:4096].ljust(160 << 10, b"\0")
volume[4096:4096 + 512 + len(text)] = area + text
volume[32 << 10:(32 << 10) + 8192] = (
    thin_block(((8, u64(0)), (32, u64(27022010)), (40, u32(2)), (320, u64(1)), (328, u64(1)), (336, u32(128)), (340, u32(8))), 160774)
    + thin_block(((4, u32(1)), (8, u64(1)), (16, u32(1)), (20, u32(252)), (24, u32(8)), (32 + 8 * 252, u64(1))), 121107))
open(f"{folder}/thin-loop.img", "wb").write(volume)
END

# ---- encrypted volumes: headers only, for nobody is asked for a key ----

python3 - "$tmp" <<'END'
import hashlib, struct, sys, zlib
tmp = sys.argv[1]
def write(name, data): open(f"{tmp}/{name}.img", "wb").write(data)

# LUKS1 3: one key slot, split into more stripes than there are bytes.
luks1 = struct.pack(">6sH32s32s32sII20s32sI40s", b"LUKS\xBA\xBE", 1, b"aes", b"xts-plain64", b"sha256", 4096, 64, bytes(20), bytes(32), 1000,
                    b"01234567-89ab-cdef-8123-456789abcdef")
luks1 += struct.pack(">II32sII", 0x00AC71F3, 1000, bytes(32), 8, 0xFFFFFFFF)
luks1 += struct.pack(">II32sII", 0x0000DEAD, 0, bytes(32), 8, 4000) * 7
write("luks1-stripes", luks1.ljust(64 << 10, b"\0"))

# LUKS2 2.1: two headers, of which neither has the checksum that it says.
def luks2(mark, place):
    text = b'{"keyslots":{},"tokens":{},"segments":{},"digests":{},"config":{"json_size":"12288","keyslots_size":"0"}}'
    header = bytearray(struct.pack(">6sHQQ48s32s64s40s48sQ", mark, 2, 16384, 1, b"", b"sha256", b"salt", b"01234567-89ab-cdef-8123-456789abcdef", b"", place))
    header = header.ljust(4096, b"\0") + text.ljust(12288, b"\0")
    header[448:480] = hashlib.sha256(header).digest()
    header[4096 + 300] ^= 1
    return bytes(header)
write("luks2-sums", (luks2(b"LUKS\xBA\xBE", 0) + luks2(b"SKUL\xBA\xBE", 16384)).ljust(64 << 10, b"\0"))

# BitLocker: three copies of the metadata, with checksums or without; the first sectors were moved behind the end.
def bitlocker(name, moved, sum_change):
    size, areas = 256 << 10, [16 << 10, 96 << 10, 176 << 10]
    data = struct.pack("<4I16sIHHQ", 48, 1, 48, 48, bytes(range(16)), 1, 0x8004, 0, 116444736000000000)
    block = struct.pack("<8sHHHHQII4Q", b"-FVE-FS-", 7, 2, 1, 1, 0, 0, 16, *areas, moved) + data
    block += struct.pack("<HHI", 8, 1, zlib.crc32(block) ^ sum_change)
    disk = bytearray(size)
    disk[0:13] = b"\xEB\x58\x90-FVE-FS-\x00\x02"
    disk[160:200] = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001") + struct.pack("<3Q", *areas)
    for area in areas: disk[area:area + len(block)] = block
    write(name, disk)
bitlocker("bitlocker-sums", 8192, 1)
bitlocker("bitlocker-moved-past-end", 256 << 10, 0)
END

# ---- firmware and phones ----

python3 "$here/firmware.py" "$tmp"

for image in "$tmp"/*.img; do
  case $(basename "$image") in
    ext-sums.img | exfat-good.img | udf-good.img | btrfs-good.img | ntfs-good.img | erofs-good.img) ;;
    *) pack "$(basename "$image")" ;;
  esac
done
