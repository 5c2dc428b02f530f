#!/usr/bin/env bash
# build.sh [OUTPUT-DIRECTORY]
# Makes every image of this folder anew, the same bytes each time (README.md has the tools and the sums). Needs root or fakeroot,
# for the device nodes, and: xorriso genisoimage faketime.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/functions.sh"

uuid=2024022912345600

# ---- tools ----

# The folder as an image; what stands before the volume's date is done before the tree is loaded, ARGS after.
xorriso_() { # IMAGE VOLUME-ID ARGS...
  local image=$1 id=$2
  shift 2
  rm -f "$image"
  quiet xorriso -no_rc -abort_on FAILURE -return_with SORRY 32 -rockridge on -joliet off -padding 0 -volid "$id" \
    -volume_date uuid "$uuid" -volume_date all_file_dates set_to_mtime -outdev "stdio:$image" "$@" -commit
}

# Every name with the same owner and times; the modes are the tree's.
settled=(-chown_r 0 / -- -chgrp_r 0 / -- -alter_date_r b-c "=$SOURCE_DATE_EPOCH" / -- -alter_date_r c "=$SOURCE_DATE_EPOCH" / --)

genisoimage_() { # IMAGE VOLUME-ID ARGS...
  local image=$1 id=$2
  shift 2
  find "$tmp/tree" -exec touch -h -d "$date" {} +
  quiet at genisoimage -quiet -V "$id" -o "$image" "$@" "$tmp/tree"

  # A file's ctime is not to be set, and reading changes its atime: both as the mtime, which TF has first (RRIP 4.1.6).
  perl -i -0777 -pe 's/(TF\x1a\x01\x0e(.{7})).{14}/$1$2$2/gs' "$image"
}


# ---- the images ----

sample() {
  fresh
  mkdir -p docs/deeper
  echo 'This is a sample image. Mount it: imagefs mount sample.iso DIRECTORY' >README.txt
  text sample 1048576 >numbers.txt
  text docs 5000 >docs/manual.txt
  text deeper 2048 >'docs/deeper/One block exactly.txt'
  : >docs/empty
  ln -s ../numbers.txt docs/link
  chmod 755 docs/manual.txt
  xorriso_ "$tmp/sample.iso" SAMPLE -joliet on -map "$tmp/tree" / "${settled[@]}"
  pack sample.iso
}

names_and_nodes() {
  local long
  long=$(printf 'long-%0248d' 7)
  : >"$long"
  : >'with space and  two'
  : >$'new\nline'
  : >$'tab\tand\x01control\x7f'
  : >$'invalid-utf8-\xff\xfe'
  : >'back\slash'
  : >'Ümläut-日本語-😀'
  : >.hidden
  : >case
  : >Case
  : >CASE
  : >UPPER.TXT
  : >'semicolon;1'
  : >trailing.
  : >'two.dots.txt'
  mkdir 'directory with space' empty-directory
  text inside 3000 >'directory with space/inside'
  for size in 1 2047 2048 2049 4096 100000; do text "size$size" "$size" >"size-$size"; done
  mkdir nodes
  mknod nodes/null c 1 3
  mknod nodes/sda b 8 1
  mknod nodes/large-minor c 10 1048575
  mknod nodes/large-major b 4095 7
  mkfifo nodes/fifo
  perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die "socket: $!"' nodes/socket
  mkdir links
  ln -s target links/plain
  ln -s ../up/and/down links/up
  ln -s . links/dot
  ln -s .. links/dotdot
  ln -s / links/root
  ln -s /absolute/path links/absolute
  ln -s ./a/../b links/dots
  ln -s trailing/ links/slash
  ln -s "$(printf 'component-%0200d/' 1 2 3)end" links/long
  ln -s "$(printf '%0240d' 9)/$(printf '%0240d' 8)" links/long-components
  ln -s "$(printf 'x/%.0s' {1..300})" links/many
  ln -s 'with space' links/space
  ln -s "$long" links/to-long
}

rockridge() {
  fresh
  names_and_nodes
  mkdir hard modes owners times
  text hard 5000 >hard/triple-one
  ln hard/triple-one hard/triple-two
  ln hard/triple-one triple-three
  text pair 2048 >pair-one
  ln pair-one hard/pair-two
  for mode in 0000 0400 0644 0755 0777 1644 2755 4755 6711 7777; do
    : >"modes/$mode"
    chmod "$mode" "modes/$mode"
    mkdir "modes/d$mode"
    chmod "$mode" "modes/d$mode"
  done
  : >owners/user
  : >owners/large
  for name in 1900 1901 1969 1970 2038 2106 2155 east west odd; do : >"times/time-$name"; done
  xorriso_ "$tmp/rockridge.iso" ROCKRIDGE -compliance new_rr -map "$tmp/tree" / "${settled[@]}" \
    -chown 1000 /owners/user -- -chgrp 100 /owners/user -- -chown 4000000000 /owners/large -- -chgrp 3000000000 /owners/large -- \
    -alter_date b-c =0 /times/time-1970 -- -alter_date b-c =2147483648 /times/time-2038 -- -alter_date b-c =4294967296 /times/time-2106 -- \
    -alter_date b-c =5869583999 /times/time-2155 -- \
    -alter_date a-c =1000000001 /times/time-odd -- -alter_date m-c =1000000002 /times/time-odd -- -alter_date c =1000000003 /times/time-odd --

  # File serial numbers (RRIP 4.1.1) come in the order in which the disk gave the names: count them in the image's order. Hard
  # links get theirs here too: xorriso's own bring the disk's inode numbers into the image.
  perl -i -0777 -pe 's/(PX\x2c\x01.{32})(.{8})/$1 . pack("VN", ($n{$2} \/\/= ++$n) x 2)/gse' "$tmp/rockridge.iso"
  local name px
  for name in 'triple-one 3 7777' 'triple-two 3 7777' 'triple-three 3 7777' 'pair-one 2 8888' 'pair-two 2 8888'; do
    # shellcheck disable=SC2086
    set -- $name
    px=$(last_before "$tmp/rockridge.iso" PX "$1")
    put "$tmp/rockridge.iso" $((px + 12)) "$(both32 "$2")"
    put "$tmp/rockridge.iso" $((px + 36)) "$(both32 "$3")"
  done

  # xorriso knows no time before 1970: years since 1900, month, day, hour, minute, second, quarters of an hour from Greenwich
  # (ECMA-119 9.1.5), of the modification, which TF has first (RRIP 4.1.6).
  local year
  for year in '1900 00010100000000' '1901 010c0d142d3400' '1969 450c1f173b3b00' 'east 50030405060734' 'west 500304050607d0'; do
    put "$tmp/rockridge.iso" $(($(last_before "$tmp/rockridge.iso" TF "time-${year% *}") + 5)) "${year#* }"
  done
  pack rockridge.iso
}

longest_names() {
  fresh
  local length
  for length in 250 253 254 255; do : >"$(printf '%s-%*s' "$length" $((length - 4)) '' | tr ' ' n)"; done
  xorriso_ "$tmp/longest-names.iso" LONGEST -map "$tmp/tree" / "${settled[@]}"
  pack longest-names.iso
}

rockridge_joliet() {
  fresh
  mkdir -p Sub/'Längerer Name als acht' Sub/b
  text joliet 4000 >'A name that is longer than thirty-one characters, but not than sixty-four.txt'
  text sub 3000 >'Sub/Längerer Name als acht/Datei'
  text b 10 >Sub/b/b
  text case 100 >Sub/MiXeD.CaSe
  : >"$(printf 'n%0100d' 5)"
  ln -s Sub/b/b link
  xorriso_ "$tmp/rockridge-joliet.iso" RRJOLIET -joliet on -map "$tmp/tree" / "${settled[@]}"
  pack rockridge-joliet.iso
}

joliet_utf16() {
  fresh
  mkdir '日本語' '😀 directory'
  text emoji 3000 >'😀.txt'
  text clef 100 >'😀 directory/𝄞'
  text kanji 100 >'日本語/日本.txt'
  text bmp 100 >'￮-end-of-BMP'
  xorriso_ "$tmp/joliet-utf16.iso" JOLIETUTF16 -compliance joliet_utf16 -joliet on -map "$tmp/tree" / "${settled[@]}"
  pack joliet-utf16.iso
}

deep() { # the tree: 12 directories below each other, files on the way
  fresh
  local path=. n
  for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
    path=$path/level$n
    mkdir "$path"
    text "level$n" $((n * 1000)) >"$path/file$n"
    mkdir "$path/beside$n"
    text "beside$n" 100 >"$path/beside$n/file"
  done
}

deep_trees() {
  deep
  genisoimage_ "$tmp/deep-genisoimage.iso" DEEP -R
  pack deep-genisoimage.iso
  xorriso_ "$tmp/deep-xorriso.iso" DEEP -compliance deep_paths_off -rr_reloc_dir rr_moved -map "$tmp/tree" / "${settled[@]}"
  pack deep-xorriso.iso
}

plain() { # the trees for the plain names and Joliet alone
  fresh
  mkdir -p FOLDER/INNER 'mixed case folder'
  text readme 3000 >readme.txt
  text upper 3000 >UPPER.TXT
  text noext 100 >noext
  text inner 100 >FOLDER/INNER/file.c
  text long 100 >'a-long-name-with-many-letters.and-a-long-extension'
  text mixed 100 >'mixed case folder/MiXeD.TxT'
}

plain_names() {
  plain
  genisoimage_ "$tmp/level1.iso" LEVEL1 -iso-level 1
  genisoimage_ "$tmp/level4.iso" LEVEL4 -iso-level 4
  genisoimage_ "$tmp/joliet.iso" JOLIET -J -input-charset utf-8
  genisoimage_ "$tmp/hidden.iso" HIDDEN -iso-level 3 -hidden noext -hidden FOLDER
  local image
  for image in level1 level4 joliet hidden; do pack "$image.iso"; done

  # The associated-file flag (ECMA-119 9.1.6): genisoimage sets it for Apple's forks alone.
  cp "$tmp/level1.iso" "$tmp/associated.iso"
  flags "$tmp/associated.iso" 'UPPER.TXT;1' 04
  pack associated.iso
}

zisofs() {
  fresh
  mkdir plain
  text compressible 200000 >plain/text
  head -c 300000 /dev/zero >plain/zeros
  text small 100 >plain/small
  { text begin 40000; head -c 200000 /dev/zero; text end 40001; } >plain/hole
  : >plain/empty
  mkzftree plain packed
  genisoimage_ "$tmp/zisofs1.iso" ZISOFS1 -R -z
  pack zisofs1.iso
  rm -rf packed
  cp -r plain packed
  xorriso_ "$tmp/zisofs2.iso" ZISOFS2 -zisofs version_2=on:susp_z2=on -map "$tmp/tree" / -set_filter_r --zisofs /packed -- "${settled[@]}"
  pack zisofs2.iso
}

multisession() {
  fresh
  mkdir kept
  text first 5000 >kept/first
  text removed 5000 >removed
  text replaced-old 5000 >replaced
  xorriso_ "$tmp/multisession.iso" FIRST -compliance no_emul_toc -map "$tmp/tree" / "${settled[@]}"
  rm -f "$tmp/sessions.iso"
  quiet xorriso -no_rc -abort_on FAILURE -padding 0 -volid FIRST -volume_date uuid "$uuid" -volume_date all_file_dates set_to_mtime \
    -compliance emul_toc -outdev "stdio:$tmp/sessions.iso" -map "$tmp/tree" / "${settled[@]}" -commit
  fresh
  text replaced-new 6000 >replaced
  text second 5000 >second
  quiet xorriso -no_rc -abort_on FAILURE -padding 0 -dev "stdio:$tmp/sessions.iso" -volid SECOND \
    -volume_date uuid "$uuid" -volume_date all_file_dates set_to_mtime -rm /removed -- \
    -map "$tmp/tree/second" /second -map "$tmp/tree/replaced" /replaced "${settled[@]}" -commit
  mv "$tmp/sessions.iso" "$tmp/multisession.iso"
  pack multisession.iso
}

boot() { # the tree with boot images
  fresh
  mkdir boot
  text bios 4096 >boot/bios.img
  text uefi 65536 >boot/efi.img
  text kernel 30000 >boot/kernel
}

bootable() {
  boot
  xorriso_ "$tmp/eltorito.iso" ELTORITO -joliet on -map "$tmp/tree" / "${settled[@]}" \
    -boot_image any cat_path=/boot/boot.cat -boot_image any bin_path=/boot/bios.img -boot_image any emul_type=no_emulation \
    -boot_image any load_size=2048 -boot_image any next -boot_image any efi_path=/boot/efi.img
  pack eltorito.iso

  # A protective MBR and a GPT, with the EFI image as the system partition.
  xorriso_ "$tmp/isohybrid.iso" ISOHYBRID -map "$tmp/tree" / "${settled[@]}" \
    -boot_image any cat_path=/boot/boot.cat -boot_image any bin_path=/boot/bios.img -boot_image any emul_type=no_emulation \
    -boot_image any load_size=2048 -boot_image any next -boot_image any efi_path=/boot/efi.img \
    -boot_image any efi_boot_part=--efi-boot-image
  pack isohybrid.iso

  # An MBR alone: the volume a second time at 16 blocks, so that the first partition is a volume of its own, and the EFI image
  # appended as the second partition.
  cp boot/efi.img "$tmp/appended.img"
  xorriso_ "$tmp/appended.iso" APPENDED -map "$tmp/tree" / "${settled[@]}" \
    -boot_image any partition_offset=16 -boot_image any mbr_force_bootable=on -append_partition 2 0xef "$tmp/appended.img"
  pack appended.iso
}

# ---- damaged on purpose ----

# Where bytes first stand in an image, after another place.
find_bytes() { # IMAGE TEXT [FROM]
  perl -0777 -ne 'BEGIN { ($t, $from) = splice(@ARGV, 1, 2) } $at = index($_, $t, $from); die "no $t\n" if $at < 0; print $at' "$1" "$2" "${3:-0}"
}

# Where bytes last stand before the first place of others: an entry of a record by the name that follows it.
last_before() { # IMAGE TEXT NAME
  perl -0777 -ne 'BEGIN { ($t, $n) = splice(@ARGV, 1, 2) } $at = rindex($_, $t, index($_, $n)); die "no $t\n" if $at < 0; print $at' "$1" "$2" "$3"
}

put() { # IMAGE OFFSET HEX; nothing to change lies before the volume descriptors
  perl -e '$ARGV[1] >= 32768 && open(F, "+<", $ARGV[0]) && seek(F, $ARGV[1], 0) && print(F pack("H*", $ARGV[2])) && close(F) or die "$!\n"' "$1" "$2" "$3"
}

record() { # IMAGE IDENTIFIER: where its directory record is; the identifier is 33 bytes into it (ECMA-119 9.1)
  echo $(($(find_bytes "$1" "$2") - 33))
}

flags() { # IMAGE IDENTIFIER HEX
  put "$1" $(($(record "$1" "$2") + 25)) "$3"
}

both32() { # NUMBER: in both byte orders (ECMA-119 7.3.3)
  perl -e 'print unpack("H*", pack("VN", $ARGV[0], $ARGV[0]))' "$1"
}

extent_at() { # IMAGE OFFSET: where the extent of the directory record there is, in bytes
  perl -0777 -ne 'BEGIN { $at = splice(@ARGV, 1, 1) } print 2048 * unpack("V", substr($_, $at + 2))' "$1" "$2"
}

extent() { # IMAGE IDENTIFIER
  extent_at "$1" "$(record "$1" "$2")"
}

damaged() { # NAME: a copy of the good image to damage, as $image
  image=$tmp/$1.iso
  cp "$tmp/good.iso" "$image"
}

invalid() {
  fresh
  mkdir bad good
  text good 5000 >good/file
  text bad 5000 >bad/file
  text other 5000 >bad/other
  text top 30000 >top
  ln -s good/file good/link
  ln -s "$(printf 'component-%0200d/' 1 2 3)end" good/long-link
  xorriso_ "$tmp/good.iso" GOOD -map "$tmp/tree" / "${settled[@]}"
  local image root pvd=32768
  root=$(extent_at "$tmp/good.iso" $((pvd + 156)))

  # The whole volume.
  damaged no-descriptors && put "$image" $((pvd + 1)) 5858585858
  damaged no-primary && put "$image" $pvd 09
  damaged block-size-zero && put "$image" $((pvd + 128)) 00000000
  damaged block-size-odd && put "$image" $((pvd + 128)) e80303e8
  damaged root-past-end && put "$image" $((pvd + 156 + 2)) "$(both32 1000000)"
  damaged root-is-a-file && put "$image" $((pvd + 156 + 25)) 00
  damaged root-zeroed && put "$image" $((pvd + 156)) "$(printf '00%.0s' {1..34})"
  head -c 32000 "$tmp/good.iso" >"$tmp/cut-before-descriptors.iso"
  head -c 33000 "$tmp/good.iso" >"$tmp/cut-in-descriptor.iso"
  : >"$tmp/empty.iso"
  text text 100000 >"$tmp/text.iso"

  # One directory or file; the others are as they were.
  damaged record-too-short && put "$image" "$(record "$image" 'OTHER.;1')" 10
  damaged name-past-record && put "$image" $(($(record "$image" 'OTHER.;1') + 32)) f0
  damaged directory-past-end && put "$image" $(($(record "$image" BAD) + 2)) "$(both32 1000000)"
  damaged directory-size-huge && put "$image" $(($(record "$image" BAD) + 10)) "$(both32 4294965248)" &&
    put "$image" $(($(extent "$image" BAD) + 10)) "$(both32 4294965248)"
  damaged directory-is-its-parent && put "$image" $(($(record "$image" BAD) + 2)) "$(both32 $((root / 2048)))"
  damaged file-past-end && put "$image" $(($(record "$image" 'OTHER.;1') + 2)) "$(both32 1000000)"
  damaged file-size-huge && put "$image" $(($(record "$image" 'OTHER.;1') + 10)) "$(both32 4294967295)"
  damaged multi-extent-unfinished && flags "$image" 'OTHER.;1' 80

  # System use: the long link's record has a continuation (SUSP 5.1): 8 bytes each for block, offset and length.
  local link ce area
  link=$(record "$tmp/good.iso" 'LONG_LINK.;1')
  ce=$(find_bytes "$tmp/good.iso" $'CE\x1c\x01' "$link")
  area=$(perl -0777 -ne 'BEGIN { $at = splice(@ARGV, 1, 1) } print 2048 * unpack("V", substr($_, $at + 4)) + unpack("V", substr($_, $at + 12))' "$tmp/good.iso" "$ce")
  damaged continuation-loop && put "$image" "$area" "$(perl -0777 -ne 'BEGIN { $at = splice(@ARGV, 1, 1) } print unpack("H*", substr($_, $at, 28))' "$image" "$ce")"
  damaged continuation-past-end && put "$image" $((ce + 4)) "$(both32 1000000)"
  damaged continuation-offset-huge && put "$image" $((ce + 12)) "$(both32 4294967295)"
  local px
  px=$(find_bytes "$tmp/good.iso" PX "$(find_bytes "$tmp/good.iso" 'OTHER.;1')")
  damaged entry-length-zero && put "$image" $((px + 2)) 00
  damaged entry-past-record && put "$image" $((px + 2)) ff

  # Cut in the middle of the last file, whose blocks come last.
  head -c $(($(extent "$tmp/good.iso" 'TOP.;1') + 15000)) "$tmp/good.iso" >"$tmp/cut-in-file.iso"

  # zisofs.
  local packed header
  cp "$tmp/zisofs1.iso" "$tmp/zisofs-bad-header.iso"
  packed=$(find_bytes "$tmp/zisofs1.iso" $'PACKED')
  header=$(perl -0777 -ne '$at = index($_, "\x37\xe4\x53\x96\xc9\xdb\xd6\x07"); print $at' "$tmp/zisofs1.iso")
  [[ -n $packed && $header -gt 0 ]]
  put "$tmp/zisofs-bad-header.iso" "$header" 0000000000000000
  cp "$tmp/zisofs1.iso" "$tmp/zisofs-bad-pointer.iso"
  put "$tmp/zisofs-bad-pointer.iso" $((header + 20)) ffffff7f
  cp "$tmp/zisofs1.iso" "$tmp/zisofs-bad-data.iso"
  put "$tmp/zisofs-bad-data.iso" $((header + 100)) ffffffffffffffffffffffffffffffff

  local name
  for name in good no-descriptors no-primary block-size-zero block-size-odd root-past-end root-is-a-file root-zeroed \
    cut-before-descriptors cut-in-descriptor empty text record-too-short name-past-record directory-past-end \
    directory-size-huge directory-is-its-parent file-past-end file-size-huge multi-extent-unfinished continuation-loop \
    continuation-past-end continuation-offset-huge entry-length-zero entry-past-record cut-in-file zisofs-bad-header \
    zisofs-bad-pointer zisofs-bad-data; do
    pack "$name.iso" invalid
  done
}

sample
rockridge
longest_names
rockridge_joliet
joliet_utf16
deep_trees
plain_names
zisofs
multisession
bootable
invalid
