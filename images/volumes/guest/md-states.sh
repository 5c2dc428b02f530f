# shellcheck shell=dash disable=SC2034,SC2046,SC2154 # disks, what words.sh takes, and lists of words
# MD: members that are not what they should be, and arrays that are more than members.

modprobe -a raid1 raid10 raid456
examine() { for member in $(devices); do mdadm -E "$member"; done; }
told() { # NOTE
  stop
  examine
  tell_array "$1"
  finish
}

begin md-stale # m1 failed and the others were written
disks 2M m0 m1 m2
create -e 1.2 -l 5 -c 16 -n 3 --bitmap=none --assume-clean "$m0" "$m1" "$m2"
fill "$array"
mdadm -q "$array" --fail "$m1"
mdadm -q "$array" --remove "$m1"
fill "$array" 300K 500K
told raid5,stale

begin md-stale-mirror # m1 alone was written
disks 2M m0 m1
create -e 1.0 -l 1 -n 2 --bitmap=none --assume-clean "$m0" "$m1"
fill "$array"
stop
assemble "$m1"
fill "$array" 64K 64K
told raid1,stale

begin md-spare
disks 2M m0 m1 m2
create -e 1.2 -l 1 -n 2 -x 1 --bitmap=none --assume-clean "$m0" "$m1" "$m2"
fill "$array"
told raid1,spare

begin md-write-mostly
disks 2M m0 m1
create -e 1.2 -l 1 -n 2 --bitmap=internal --assume-clean "$m0" --write-mostly "$m1"
fill "$array"
told raid1,write-mostly

begin md-bitmap
disks 2M m0 m1 m2 m3
create -e 1.2 -l 6 -c 16 -n 4 --bitmap=internal --bitmap-chunk=64K --assume-clean "$m0" "$m1" "$m2" "$m3"
fill "$array"
told raid6,bitmap

begin md-partitioned
disks 4M m0 m1
create -e 1.0 -l 1 -n 2 --bitmap=none --assume-clean "$m0" "$m1"
printf 'label: gpt\nsize=1M\nsize=512K\n' | sfdisk -q "$array" || true
stop
assemble "$m0" "$m1"
fill "${array}p1"
mke2fs -q -t ext2 -U 00000000-0000-4000-8000-000000000002 -d /etc/lvm "${array}p2"
stop
assemble "$m0" "$m1"
tell 1 "${array}p1" partition
tell 2 "${array}p2" partition,ext2
stop
finish

begin md-bad-blocks # other bytes lie in what m0 has on its list
disks 2M m0 m1
create -e 1.2 -l 1 -n 2 --bitmap=none --assume-clean "$m0" "$m1"
fill "$array"
offset=$(mdadm -E "$m0" | sed -n 's/ *Data Offset : \([0-9]*\) sectors/\1/p')
echo "$((offset + 256)) 16" >"/sys/block/md9/md/dev-${m0#/dev/}/bad_blocks"
fill "$array" 4K 0
stop
mdadm --examine-badblocks "$m0"
fill "$m0" 8K $(((offset + 256) * 512))
tell_array raid1,bad-blocks
finish

begin md-recovery # m2 is rebuilt up to a half
disks 8M m0 m1 m2
create -e 1.2 -l 5 -c 16 -n 3 --bitmap=none --size=6M --assume-clean "$m0" "$m1" missing
fill "$array"
fill "$array" 64K 6M
echo frozen >/sys/block/md9/md/sync_action
mdadm -q "$array" --add "$m2"
echo 6144 >/sys/block/md9/md/sync_max
echo idle >/sys/block/md9/md/sync_action
for i in 1 2 3 4 5 6 7 8 9 10; do
  cat /proc/mdstat /sys/block/md9/md/sync_completed
  [ "$(cut -d ' ' -f 1 /sys/block/md9/md/sync_completed)" != 6144 ] || break
  sleep 0.5
done
stop
examine
keep
tell_array raid5,recovery
restore
finish

begin md-journal # Linux reads it; ImageFs does not
disks 2M m0 m1 m2
disks 6M journal
create -e 1.2 -l 5 -c 16 -n 3 --write-journal "$journal" "$m0" "$m1" "$m2"
mdadm --wait "$array" || true
fill "$array"
stop
examine
refuse md-journal raid5,journal
finish

begin md-ppl
disks 4M m0 m1 m2
create -e 1.2 -l 5 -c 16 -n 3 --consistency-policy=ppl "$m0" "$m1" "$m2"
mdadm --wait "$array" || true
fill "$array"
told raid5,ppl

begin md-not-stopped # its disks were copied while it ran
disks 2M m0 m1 m2
create -e 1.2 -l 5 -c 16 -n 3 --bitmap=none --assume-clean "$m0" "$m1" "$m2"
fill "$array"
keep
stop
restore
examine
keep
tell_array raid5,not-stopped
restore
finish

begin md-reshape # stopped while it grew from 3 to 4 members
disks 16M m0 m1 m2 m3
create -e 1.2 -l 5 -c 64 -n 3 --bitmap=none --size=8M --data-offset=4M --assume-clean "$m0" "$m1" "$m2"
fill "$array"
mdadm -q "$array" --add "$m3"
echo 1 >/proc/sys/dev/raid/speed_limit_min
echo 500 >/proc/sys/dev/raid/speed_limit_max
mdadm --grow "$array" --raid-devices=4 </dev/null
sleep 2
cat /proc/mdstat /sys/block/md9/md/reshape_position
echo frozen >/sys/block/md9/md/sync_action
stop
examine
mdadm -E "$m0" | grep 'Reshape pos'
refuse md-reshape reshape
finish
echo 200000 >/proc/sys/dev/raid/speed_limit_max
