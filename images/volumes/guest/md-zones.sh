# shellcheck shell=dash disable=SC2154 # disks
# MD: members of different sizes.

modprobe -a raid0
layout=/sys/module/raid0/parameters/default_layout
echo 2 >$layout

for kind in original alternate dangerous; do
  begin md-raid0-zones-$kind
  disks 2M m0
  disks 3M m1
  disks 4M m2
  create -e 1.2 -l 0 -c 16 -p $kind -n 3 "$m0" "$m1" "$m2"
  fill "$array"
  fill "$array" 200K 2950K
  fill "$array" 200K 4950K
  stop
  # Of one that does not tell its layout Linux wants to be told.
  [ $kind != dangerous ] || echo 0 >$layout
  tell_array raid0,zones
  echo 2 >$layout
  finish
done

# This kernel has no driver for linear arrays: dm-linear reads what the super blocks tell.
begin md-linear
disks 2M m0
disks 3M m1
disks 2500K m2
create -e 1.2 -l linear -n 3 --rounding=64 "$m0" "$m1" "$m2" || true
field() { mdadm -E "$1" | sed -n "s/ *$2 : \\([0-9]*\\) sectors.*/\\1/p"; }
at=0
for disk in "$m0" "$m1" "$m2"; do
  size=$(($(field "$disk" 'Avail Dev Size') / 128 * 128))
  echo "$at $size linear $disk $(field "$disk" 'Data Offset')"
  at=$((at + size))
done >table
dmsetup --noudevsync --noudevrules create linear table
dmsetup mknodes
fill /dev/mapper/linear
fill /dev/mapper/linear 100K 1000K
tell md-linear /dev/mapper/linear linear,by-dm
dmsetup --noudevsync --noudevrules remove linear
finish
