# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# LVM: every type of segment that dm-raid makes, with all legs, and with one and two less.

begin lvm-raid
disks 16M a b c d e f
group raids "$a" "$b" "$c" "$d" "$e" "$f"
types='raid0 raid0_meta raid4 raid5_ls raid5_la raid5_rs raid5_ra raid5_n raid6_zr raid6_nr raid6_nc raid6_n_6 raid6_ls_6 raid6_la_6 raid6_rs_6 raid6_ra_6 raid10'
for type in $types; do
  case $type in
    raid0*) options='-i 3 -I 16k' ;;
    raid5_rs) options='-i 3 -I 4k -R 64k' ;;
    raid10) options='-i 2 -m 1 -I 16k -R 64k' ;;
    *) options='-i 3 -I 16k -R 64k' ;;
  esac
  new --type "$type" $options -L 768k -n "$type" raids
  fill "/dev/raids/$type"
done
again raids
for type in $types; do tell "raids/$type" "/dev/raids/$type" "$type"; done
off raids
for disk in b c; do
  detach $disk
  on --activationmode degraded raids || true
  for type in $types; do
    if [ -e "/dev/raids/$type" ]; then tell "raids/$type" "/dev/raids/$type" "$type,missing"; else lose "raids/$type" "$type,missing"; fi
  done
  off raids
done
attach b c
finish 'a b c d e f'

# One leg was away while the others were written; now it is there again.
begin lvm-stale
disks 6M a b c d
group stale "$a" "$b" "$c" "$d"
new --type raid1 -m 1 -R 64k -L 1M -n one stale
new --type raid5 -i 3 -I 16k -R 64k -L 1536k -n five stale
fills stale one five
again stale
off stale
detach a
on --activationmode degraded stale
fills stale one five
again stale || on --activationmode degraded stale
note=raid,missing
tells stale one five
off stale
attach a
note=raid,stale
tell_as_it_is stale one five
finish

begin lvm-on-md
disks 6M a b
create --level=1 --raid-devices=2 --bitmap=none --metadata=1.2 --assume-clean "$a" "$b"
group onmd "$array"
new -L 2M -n x onmd
fills onmd x
off onmd
stop
assemble "$a" "$b"
on onmd
note=md
tells onmd x
off onmd
stop
finish

# What is told by name: Linux reads it, ImageFs does not.
begin lvm-integrity
disks 16M a b
modprobe -a dm_integrity
group integrity "$a" "$b"
new --type raid1 -m 1 -R 64k --raidintegrity y -L 1M -n x integrity
fills integrity x
note=integrity
refuse integrity/x
off integrity
finish
