# shellcheck shell=dash disable=SC2034,SC2046,SC2086,SC2154 # disks, what words.sh takes, and lists of words
# MD: every level, layout and version of super block, with all members, and with as many less as it bears.

modprobe -a raid0 raid1 raid10 raid456

of_level() { # SET NOTE MISSING MEMBERS OPTIONS...
  local name=$1 missing=$3 members=$4
  note=$2
  shift 4
  volume=$name
  [ "$2" != 0.90 ] || volume=md9
  begin "$name"
  disks ${size:-2M} $members
  create "$@" --raid-devices=$(echo $members | wc -w) $(devices)
  fill "$array"
  stop
  tell_array
  for member in $members; do
    [ $missing -gt 0 ] || break
    missing=$((missing - 1))
    detach $member
    tell_array "$note,missing"
  done
  finish "$members"
}

of_level md-raid0 raid0 0 'm0 m1' -e 1.2 -l 0 -c 4
for version in 0.90 1.0 1.1 1.2; do
  of_level md-raid1-$version raid1 1 'm0 m1' -e $version -l 1 --bitmap=none --assume-clean
done
of_level md-raid1-3 raid1,bitmap 2 'm0 m1 m2' -e 1.2 -l 1 --bitmap=internal --bitmap-chunk=64K --assume-clean
of_level md-raid4 raid4 1 'm0 m1 m2' -e 1.2 -l 4 -c 16 --assume-clean
of_level md-raid5-090 raid5 1 'm0 m1 m2' -e 0.90 -l 5 -c 16 --assume-clean
for layout in ls la rs ra parity-first parity-last; do
  of_level md-raid5-$layout raid5 1 'm0 m1 m2 m3' -e 1.2 -l 5 -c 16 -p $layout --assume-clean
done
for layout in ls la rs ra parity-first parity-last ddf-zero-restart ddf-N-restart ddf-N-continue \
  left-symmetric-6 left-asymmetric-6 right-symmetric-6 right-asymmetric-6 parity-first-6; do
  of_level md-raid6-$layout raid6 2 'm0 m1 m2 m3 m4' -e 1.2 -l 6 -c 16 -p $layout --assume-clean
done
for layout in n2 f2 o2 n3 f3 o3; do
  of_level md-raid10-$layout-3 raid10 1 'm0 m1 m2' -e 1.2 -l 10 -c 16 -p $layout --assume-clean
  of_level md-raid10-$layout-4 raid10 1 'm0 m1 m2 m3' -e 1.1 -l 10 -c 4 -p $layout --assume-clean
done
of_level md-raid10-n2-5 raid10 1 'm0 m1 m2 m3 m4' -e 1.0 -l 10 -c 64 -p n2 --assume-clean
