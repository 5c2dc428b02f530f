# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# LVM: snapshots with a copy-on-write store of their own.

begin snapshot
disks 16M a b
group snap "$a" "$b"
new -L 4M -n base snap
fill /dev/snap/base
lvm lvcreate -qqy -s -c 4k -L 2M -n first snap/base
fill /dev/snap/base 100K 64K
fill /dev/snap/first 60K 128K
fill /dev/snap/first 4K 3M
lvm lvcreate -qqy -s -c 16k -L 2M -n second snap/base
fill /dev/snap/base 200K 1M
fill /dev/snap/second 64K 2M
lvm lvcreate -qqy -s -c 4k -pr -L 1M -n readonly snap/base
fill /dev/snap/base 12K 8K
new -i 2 -I 4k -L 2M -n base2 snap
fill /dev/snap/base2
lvm lvcreate -qqy -s -c 8k -L 1M -n striped snap/base2
fill /dev/snap/base2 300K 300K
new -L 1M -n base3 snap
fill /dev/snap/base3
lvm lvcreate -qqy -s -c 4k -L 1200k -n untouched snap/base3
again snap
note=snapshot
tells snap base first second readonly base2 striped base3 untouched
off snap
finish

# One that overflowed.
begin snapshot-invalid
disks 8M a
group over "$a"
new -L 4M -n base over
fill /dev/over/base
lvm lvcreate -qqy -s -c 4k -L 256k -n small over/base
fill /dev/over/base 1M 0
again over
note=snapshot,invalid
tells over base small
off over
finish

# One that is to be merged into its origin as soon as that is activated; and one that has been, of which the metadata does not know yet.
for state in waits ended; do
  begin snapshot-merge-$state
  disks 10M a
  group merge "$a"
  new -L 4M -n base merge
  fill /dev/merge/base
  lvm lvcreate -qqy -s -c 4k -L 3M -n new merge/base
  fill /dev/merge/new 600K 100K
  fill /dev/merge/new 4K 3000K
  fill /dev/merge/base 400K 300K
  exec 7</dev/merge/base
  lvm lvconvert -qqy --merge merge/new # not now: it is in use
  exec 7<&-
  off merge
  if [ $state = ended ]; then
    lvm vgchange -qq -ay --poll n merge
    while [ "$(dmsetup status merge-base | cut -d ' ' -f 4 | cut -d / -f 1)" != "$(dmsetup status merge-base | cut -d ' ' -f 5)" ]; do sleep 0.2; done
    as_it_is merge
  fi
  note=snapshot,merge-$state
  tell_as_it_is merge base
  finish
done

# More exceptions than an area of the store holds.
begin snapshot-areas
disks 18M a
group areas "$a"
new -L 6M -n base areas
fill /dev/areas/base
lvm lvcreate -qqy -s -c 4k -L 5M -n many areas/base
fill /dev/areas/base 2M 100K
fill /dev/areas/many 1300K 3M
lvm lvcreate -qqy -s -c 64k -L 4M -n big areas/base
fill /dev/areas/base 100K 4M
fill /dev/areas/big 5K 200K
fill /dev/areas/many 4K 0
again areas
note=snapshot,areas
tells areas base many big
off areas
finish
