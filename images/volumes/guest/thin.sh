# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# LVM: thin pools.

begin thin
disks 14M a b
group thin "$a" "$b"
new -L 2M -n outer thin "$b"
fill /dev/thin/outer
new -L 1000k -n longer thin "$b"
fill /dev/thin/longer
lvm lvcreate -qqy --type thin-pool -L 8M -c 64k --poolmetadatasize 2M -Zy -n pool thin
thin -V 4M --thinpool pool -n one thin
thin -V 64M --thinpool pool -n two thin
thin -V 1M --thinpool pool -n empty thin
fill /dev/thin/one 1500K 100K
fill /dev/thin/one 64K 3M
fill /dev/thin/two 512K 32M
fill /dev/thin/two 4K 67104768
lvm lvcreate -qqy -kn -s -n snap thin/one
lvm lvchange -qq -ay -K thin/snap
fill /dev/thin/one 200K 200K
fill /dev/thin/snap 128K 1M
fill /dev/thin/snap 4K 2500K
lvm lvcreate -qqy -kn -s -n snap2 thin/snap
lvm lvchange -qq -ay -K thin/snap2
fill /dev/thin/snap2 4K 8K
blkdiscard -o 256K -l 256K /dev/thin/snap
lvm lvchange -qq -an thin/outer
lvm lvchange -qq -pr thin/outer
lvm lvcreate -qqy -kn -s --thinpool pool -n external thin/outer
lvm lvchange -qq -an thin/longer
lvm lvchange -qq -pr thin/longer
lvm lvcreate -qqy -kn -s --thinpool pool -n external2 thin/longer
lvm lvchange -qq -ay -K thin/external thin/external2 || true
fill /dev/thin/external 100K 500K
fill /dev/thin/external 64K 1M
lvm lvextend -qq -L +1M thin/external2
fill /dev/thin/external2 64K 64K
fill /dev/thin/external2 4K 1800K
lvm lvcreate -qqy -kn -s -n gone thin/one
lvm lvremove -qqy thin/gone
again thin
lvm lvchange -qq -ay thin/outer thin/longer
note=thin
tells thin one two empty snap snap2
note=thin,external-origin
tells thin external external2 outer longer
off thin
finish

# A pool on RAID and stripes, chunks that are no power of two.
begin thin-raid
disks 24M a b c
group traid "$a" "$b" "$c"
new --type raid5 -i 2 -I 16k -R 64k -L 4M -n pool traid
new --type raid1 -m 1 -R 64k -L 2M -n meta traid
lvm lvconvert -qqy --type thin-pool -c 192k --poolmetadata traid/meta traid/pool
thin -V 3M --thinpool pool -n x traid
thin -V 8M --thinpool pool -n y traid
fill /dev/traid/x 2M 300K
fill /dev/traid/y 256K 7M
again traid
note=thin,raid,chunk-192k
tells traid x y
off traid
finish

# Its disk was copied while the pool ran.
begin thin-live
disks 10M a
group live "$a"
lvm lvcreate -qqy --type thin-pool -L 4M -c 64k --poolmetadatasize 2M -n pool live
thin -V 4M --thinpool pool -n x live
for at in 0 500K 1000K 1500K 2000K; do
  fill /dev/live/x 128K $at
  sync
done
as_it_is live
note=thin,not-stopped
tell_as_it_is live x
finish

# Full: what did not fit was refused to the writer.
begin thin-full
disks 8M a
group filled "$a"
lvm lvcreate -qqy --type thin-pool -L 1M -c 64k --poolmetadatasize 2M -n pool filled
lvm lvchange -qq --errorwhenfull y filled/pool
thin -V 4M --thinpool pool -n x filled
fill /dev/filled/x 768K || true
fill /dev/filled/x 1M 2M || true
again filled || true
note=thin,full
tells filled x
off filled
finish

# A metadata snapshot is held; the disk was copied while the pool ran.
begin thin-reserved
disks 10M a
group reserved "$a"
lvm lvcreate -qqy --type thin-pool -L 4M -c 64k --poolmetadatasize 2M -n pool reserved
thin -V 4M --thinpool pool -n x reserved
fill /dev/reserved/x 1M 512K
sync
dmsetup message reserved-pool-tpool 0 reserve_metadata_snap
fill /dev/reserved/x 512K 1M
fill /dev/reserved/x 64K 3M
sync
as_it_is reserved
note=thin,metadata-snapshot
tell_as_it_is reserved x
finish

# A snapshot that takes the place of its origin as soon as that is activated.
begin thin-merge
disks 8M a
group tmerge "$a"
lvm lvcreate -qqy --type thin-pool -L 2M -c 64k --poolmetadatasize 2M -n pool tmerge
thin -V 2M --thinpool pool -n x tmerge
fill /dev/tmerge/x 512K
lvm lvcreate -qqy -kn -s -n snap tmerge/x
lvm lvchange -qq -ay -K tmerge/snap
fill /dev/tmerge/snap 128K 256K
fill /dev/tmerge/x 64K 1M
exec 7</dev/tmerge/x
lvm lvconvert -qqy --merge tmerge/snap # not now: it is in use
exec 7<&-
off tmerge
note=thin,merge-waits
tell_as_it_is tmerge x
finish
