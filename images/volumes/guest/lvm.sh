# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# LVM: segments that lie on disks as they are, and the metadata.

begin lvm-plain
disks 10M a b c
group plain "$a" "$b" "$c"
new -L 2M -n pieces plain "$a"
new -L 3M -n root plain "$a"
lvm lvextend -qq -L +2M plain/pieces "$b"
lvm lvextend -qq -L +1M plain/pieces "$a"
new -i 2 -I 4k -L 3M -n stripe2 plain
new -i 3 -I 64k -L 3M -n stripe-3 plain
new -L 1M -n fs plain
new -p r -L 64k -n little plain
fills plain pieces root stripe2 stripe-3
mke2fs -q -t ext2 -U 00000000-0000-4000-8000-000000000001 -d /etc/lvm /dev/plain/fs
lvm lvrename -qq plain/root plain/my-root
again plain
note=linear
tells plain pieces my-root fs little
note=striped
tells plain stripe2 stripe-3
off plain
finish

# Two groups on partitions of the same disks; the extents of one are larger.
begin lvm-partitions
disks 14M a b
for disk in "$a" "$b"; do printf 'label: gpt\nsize=6M\nsize=6M\n' | sfdisk -q "$disk" || true; done
detach
attach a b
group one "${a}p1" "${b}p2"
lvm pvcreate -qq "${a}p2" "${b}p1"
lvm vgcreate -qq -s 128k --addtag tagged two "${a}p2" "${b}p1"
new -L 6M -n x one
new -i 2 -L 4M -n x two
new -L 1M -n y --addtag first two
fills one x
fills two x y
again one two
note=partitions
tells one x
tells two x y
off one two
finish

# Two copies of the metadata on one disk and none on another; areas so small that texts wrap round in them.
begin lvm-copies
disks 8M a b c
lvm pvcreate -qq --pvmetadatacopies 2 --metadatasize 64k "$a"
lvm pvcreate -qq --pvmetadatacopies 0 "$b"
lvm pvcreate -qq --pvmetadatacopies 1 --metadatasize 64k --dataalignment 512k "$c"
lvm vgcreate -qq -s 64k copies "$a" "$b" "$c"
new -L 2M -n x copies "$b"
new -L 1M -n y copies "$c"
lvm lvextend -qq -L +1M copies/x "$a"
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do echo "lvchange -qq --addtag tag$i copies/x"; done | lvm >/dev/null
fills copies x y
again copies
note=metadata
tells copies x y
off copies
finish

begin lvm-exported
disks 4M a
group away "$a"
new -L 1M -n x away
fills away x
again away
note=exported
tells away x
off away
lvm vgexport -qq away
finish

begin lvm-missing
disks 6M a b c
group partly "$a" "$b" "$c"
new -L 4M -n there partly "$a"
new -L 3M -n gone partly "$c"
new -L 3M -n half partly "$b"
lvm lvextend -qq -L +1M partly/half "$c"
fills partly there gone half
again partly
note=linear
tells partly there gone half
off partly
detach c
on partly || true
note=missing
tells partly there
refuse partly/gone
refuse partly/half
off partly
attach c
finish

begin lvm-mirror
disks 12M a b c
group mir "$a" "$b" "$c"
new --type mirror -m 1 --mirrorlog core -R 64k -L 2M -n core mir "$a" "$b"
new --type mirror -m 1 --mirrorlog disk -R 64k -L 2M -n disk mir "$a" "$b" "$c"
new --type raid1 -m 1 -R 64k -L 2M -n two mir "$a" "$b"
new --type raid1 -m 2 -R 64k -L 1M -n three mir
fills mir core disk two three
again mir
note=mirror
tells mir core disk
note=raid1
tells mir two three
off mir
detach a
on --activationmode degraded mir || true
note=raid1,missing
tells mir two three
off mir
attach a
finish
