#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes every image of this folder anew, the same bytes each time (README.md says what each has). Needs e2fsprogs 1.47 and python3,
# no root: what a tree cannot have without it is put in by debugfs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"

export E2FSPROGS_FAKE_TIME=1709210096 DEBUGFS_PAGER=cat
uuid=6578745f-7465-7374-8000-000000000001
seed=01234567-89ab-cdef-8123-456789abcdef

# ---- contents ----

# Text at some offsets, holes between.
sparse() { # FILE SIZE OFFSET:BYTES...
  local file=$1 size=$2
  shift 2
  truncate -s "$size" "$file"
  for part; do
    text "$file" "${part#*:}" | dd of="$file" bs=64K oflag=seek_bytes seek="${part%:*}" conv=notrunc status=none
  done
}

# ---- tools ----

make_() { # NAME SIZE MKE2FS-ARGS...: an image with the folder's contents
  local name=$1 size=$2
  shift 2
  find "$tmp/tree" -exec touch -h -d @1700000000 {} +
  rm -f "$tmp/$name.img"
  truncate -s "$size" "$tmp/$name.img"
  MKE2FS_CONFIG=/dev/null quiet mke2fs -q -F -U "$uuid" -E "hash_seed=$seed,root_owner=0:0,lazy_itable_init=0${extended:+,$extended}" \
    -L "$name" -d "$tmp/tree" "$@" "$tmp/$name.img"
  # Owners, and the times that the folder's disk gave; once for each inode.
  {
    find . -printf '%i %P\n' | sort -u -k 1,1 | cut -d ' ' -f 2- | sort | while read -r path; do
      for field in uid gid; do echo "set_inode_field \"/$path\" $field 0"; done
      for field in atime ctime crtime mtime; do echo "set_inode_field \"/$path\" $field @1700000000"; done
    done
  } | debug "$name"
}

debug() { # NAME: debugfs commands from standard input
  debugfs -w -f - "$tmp/$1.img" >"$tmp/log" 2>&1
  ! grep -E 'not found|Invalid|invalid|Usage|while|Unknown|unknown' "$tmp/log" >&2
}

keep() { # NAME
  pack "$1.img"
  printf '%s  %s\n' "$(sha256sum <"$tmp/$1.img" | cut -d ' ' -f 1)" "$1.img"
}

features='none,has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum'

# ---- ext4: every type of node, sparse files, attributes ----

fresh
text hello 20 >hello.txt
ln hello.txt hard
: >empty
sparse sparse 100000 0:1000 40000:5000 99000:1000
sparse holes 50000
sparse end-hole 70000 0:3000
sparse start-hole 70000 66000:4000
ln -s hello.txt fast
ln -s "$(printf 'x%.0s' {1..59})" fast59
ln -s "$(printf 'y%.0s' {1..60})" slow60
ln -s "$(printf 'z%.0s' {1..1000})" slow1000
mkdir -p dir/sub lost+found
text deep 3000 >dir/sub/deep
printf 'x' >$'na\xc3\xafve \xff name'
text u 5000 >unwritten
# As many extents as a tree of depth 2 has with blocks of 1 KiB.
python3 -c '
import os
f = os.open("fragmented", os.O_WRONLY | os.O_CREAT, 0o644)
for i in range(400): os.pwrite(f, b"piece %d" % i, i * 2048)
os.ftruncate(f, 400 * 2048)'
extended=lazy_journal_init=0 make_ ext4 3M -b 1024 -I 256 -N 128 -J size=1 -O "$features" -M /mnt/ext4
debug ext4 <<'EOF'
mknod null c 1 3
mknod sda b 8 1
mknod large c 300 60000
mknod fifo p
set_inode_field hello.txt uid 70000
set_inode_field hello.txt gid 80000
set_inode_field hello.txt mode 0104755
set_inode_field dir/sub/deep mtime @-1262304000
set_inode_field dir/sub/deep ctime 0x7fffffff
set_inode_field dir/sub/deep atime 0x80000000
set_inode_field dir/sub/deep atime_extra 0x1d6f3455
set_inode_field dir/sub/deep crtime 0x00000000
set_inode_field dir/sub/deep crtime_extra 3
ea_set hello.txt user.short value
ea_set hello.txt trusted.t hidden
ea_set hello.txt security.label some:label
ea_set dir user.empty ""
fallocate unwritten 8 15
sif unwritten size 20000
EOF
text attribute 700 >"$tmp/value"
python3 - "$tmp" <<'EOF'
import struct, sys
def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
none = 0xFFFFFFFF
open(sys.argv[1] + "/access", "wb").write(acl((1, 6, none), (2, 7, 1000), (4, 4, none), (8, 5, 2000), (16, 7, none), (32, 4, none)))
EOF
debug ext4 <<EOF
ea_set -f $tmp/value hello.txt user.long
ea_set -f $tmp/access hello.txt system.posix_acl_access
EOF
keep ext4

# ---- ext2: pointers of all levels, no types in directories ----

fresh
text direct 12288 >direct
sparse levels 67400000 0:1024 12288:2048 274432:3000 67383296:4000
text one 300000 >indirect
ln -s indirect link
mkdir sub
make_ ext2 1M -t ext2 -b 1024 -I 128 -N 32 -O none,ext_attr,sparse_super,large_file
debug ext2 <<'EOF'
mknod old c 1 3
EOF
keep ext2

# ---- hash trees: 3000 names of one file; the hashes of all three kinds, two levels, a leaf in which a hash goes on ----

for hash in half_md4 tea legacy; do
  fresh
  mkdir names
  text x 10 >names/0000
  for i in $(seq -f %04g 1 2999); do ln names/0000 "names/entry-$i-of-a-directory-with-a-hash-tree-of-two-levéls"; done
  make_ "hash-$hash" 2M -b 1024 -I 128 -N 16 -O none,dir_index,filetype,extent,ext_attr,dir_nlink
  quiet tune2fs -E hash_alg=$hash "$tmp/hash-$hash.img"
  e2fsck -fyD "$tmp/hash-$hash.img" >"$tmp/log" || [[ $? = 1 ]]
  keep "hash-$hash"
done

# ---- contents and directories in the inode ----

fresh
text none 0 >empty
text short 10 >short
text both 150 >both
text large 3000 >large
mkdir small many
touch small/a small/b
for i in $(seq 30); do touch many/name-$i; done
ln -s "$(printf 's%.0s' {1..80})" link
make_ inline 1M -b 1024 -I 512 -N 64 -O "${features/has_journal,/},inline_data"
keep inline

# ---- what changes places: clusters, descriptors spread out, wide ones, checksums of the older kind, values in inodes, large blocks ----

fresh
text a 5000 >a
sparse b 200000 0:100 100000:40000
mkdir d
text c 100 >d/c
make_ bigalloc 4M -b 1024 -C 8192 -N 64 -O "${features/has_journal,/},bigalloc,metadata_csum_seed"
keep bigalloc
make_ meta_bg 4M -b 1024 -g 512 -N 256 -O none,ext_attr,filetype,extent,meta_bg,uninit_bg,sparse_super
keep meta_bg
make_ wide 4M -b 1024 -g 512 -N 256 -O "${features/has_journal,/},meta_bg,sparse_super2"
keep wide
make_ block64k 4M -b 65536 -N 16 -O "${features/has_journal,/}"
keep block64k
text value 1024 >"$tmp/value"
make_ ea_inode 1M -b 1024 -N 32 -O "${features/has_journal,/},ea_inode"
debug ea_inode <<EOF
ea_set -f $tmp/value a user.large
EOF
keep ea_inode

# ---- journals that need recovery: a block, one that begins with the journal's magic number, one revoked, one not committed ----

journal() { # NAME FEATURES JO-ARGS...
  local name=$1 features=$2 blocks
  shift 2
  fresh
  text before 4096 >victim
  make_ "$name" 3M -b 1024 -N 16 -J size=1 -O "$features"
  read -ra blocks < <(debugfs -R 'blocks victim' "$tmp/$name.img" 2>"$tmp/log")
  text first 1024 >"$tmp/first"
  { printf '\xc0\x3b\x39\x98'; text escaped 1020; } >"$tmp/escaped"
  text revoked 1024 >"$tmp/revoked"
  text lost 1024 >"$tmp/lost"
  debug "$name" <<EOF
jo $*
jw -b ${blocks[0]} $tmp/lost
jw -b ${blocks[0]} $tmp/first
jw -b ${blocks[1]} $tmp/escaped
jw -b ${blocks[2]} $tmp/revoked
jw -r ${blocks[2]}
jw -b ${blocks[3]} -c $tmp/lost
jc
EOF
  keep "$name"
}

journal journal-plain none,has_journal,filetype
journal journal-v2 "$features" -c -v 2
journal journal-v3 "$features" -c -v 3
