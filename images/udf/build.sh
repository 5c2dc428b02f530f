#!/usr/bin/env bash
# images/udf/build.sh [OUTPUT-DIRECTORY]
# Makes the UDF images anew; filled ones have other times of change each time. Needs Debian's udftools, genisoimage and faketime, and
# test/linux-guest.sh, which has Linux's own udf.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../functions.sh"
uuid=0123456789abcdef
images=() filled=() jobs=

format() { # NAME SIZE MKUDFFS-OPTIONS...
  truncate -s "$2" "$tmp/$1.img"
  at mkudffs --locale -u "$uuid" -l 'TEST LABEL' "${@:3}" "$tmp/$1.img" >"$tmp/$1.log"
  images+=("$1")
}

# What comes behind the table of a disc that is written once is not on it.
once() { # NAME SIZE MKUDFFS-OPTIONS...
  local block
  format "$@"
  block=$(sed -n 's/^vatblock=//p' "$tmp/$1.log")
  truncate -s "$(((block + 1) * 2048))" "$tmp/$1.img"
}

filled() { # NAME SIZE FILES+PIECES MOUNT-OPTIONS MKUDFFS-OPTIONS...
  format "$1" "$2" "${@:5}"
  filled+=("$1")
  jobs+="${#filled[@]} ${3/+/ } rw$4"$'\n'
}

# The first disk of the guest is the list of jobs, disk N the image of job N.
fill() {
  local i disks=() number=0
  printf '%s' "$jobs" >"$tmp/jobs"
  truncate -s %512 "$tmp/jobs"
  for i in "$tmp/jobs" "${filled[@]/#/$tmp/}"; do
    [[ $i = "$tmp/jobs" ]] || i+=.img
    disks+=(-drive "if=none,id=d$number,format=raw,file=$i" -device "scsi-hd,bus=s.0,drive=d$number,channel=0,scsi-id=$number,lun=0")
    number=$((number + 1))
  done
  timeout 1800 "$here/../../test/linux-guest.sh" "$here/fill.sh" -serial "file:$tmp/log" "${disks[@]}" </dev/null
  [[ $(grep -c '^filled' "$tmp/log") == "${#filled[@]}" ]] || { cat "$tmp/log" >&2; exit 1; }
}

format dvd102 1M -b 2048 -m dvd -r 1.02
format hd201-1024 1M -b 1024 -m hd -r 2.01
format cdrw200 3M -b 2048 -m cdrw -r 2.00
once cdr150 12M -b 2048 -m cdr -r 1.50
once cdr201 12M -b 2048 -m cdr -r 2.01
once bdr250 12M -b 2048 -m bdr -r 2.50
once dvdr260 12M -b 2048 -m dvdr -r 2.60
filled hd102 8M 200+40 '' -b 2048 -m hd -r 1.02
filled hd150-512 4M 40+200 '' -b 512 -m hd -r 1.50
filled hd201 8M 300+40 '' -b 2048 -m hd -r 2.01
filled hd200-4096 8M 40+20 '' -b 4096 -m hd -r 2.00
filled dvdrw201 12M 40+20 '' -b 2048 -m dvdrw -r 2.01
filled long-descriptors 4M 40+80 ',noadinicb,longad' -b 512 -m hd -r 2.01 --ad=long
filled short-descriptors 4M 40+160 ',noadinicb,shortad' -b 512 -m hd -r 2.01 --ad=short
filled strategy4096 12M 40+20 '' -b 2048 -m hd -r 2.01 --strategy=4096
fill

mkdir -p "$tmp/tree/deep/er" "$tmp/tree/empty"
seq -f 'long %g' 1 3000 >"$tmp/tree/long"
printf tiny >"$tmp/tree/deep/tiny"
printf name >"$tmp/tree/A long name, with spaces and more than 8.3.text"
find "$tmp/tree" -exec touch -d "$date" {} +
at genisoimage -quiet -R -J -udf -V BRIDGE -o "$tmp/bridge.iso" "$tmp/tree"
pack bridge.iso
for name in "${images[@]}"; do
  pack "$name.img"
done
