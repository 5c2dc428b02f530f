# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# LVM: caches in front of a volume.

modprobe -a dm_cache dm_cache_smq dm_writecache

warm() { # DEVICE: read so often that its cache takes some blocks
  local i at
  for i in 1 2 3 4 5 6 7 8; do
    for at in 0 256 512 1024 1536 3072; do dd if="$1" of=/dev/null bs=64K iflag=direct,skip_bytes skip=${at}K count=2 status=none; done
  done
}

fill_some() { # DEVICE
  fill "$1" 128K 256K
  fill "$1" 64K 1M
  fill "$1" 20K 1600K
  fill "$1" 4K 3100K
}

slow_and_fast() { # SET: a volume in a group of the same name
  begin "$1"
  disks 8M slow
  disks 12M fast
  group "$1" "$slow" "$fast"
  new -L 6M -n x "$1" "$slow"
  fill "/dev/$1/x"
  fill "/dev/$1/x" 128K 1M
  fill "/dev/$1/x" 128K 1536K
  fill "/dev/$1/x" 128K 3M
}

cached() { # SET pool|volume MODE FORMAT
  slow_and_fast "$1"
  if [ "$2" = pool ]; then
    lvm lvcreate -qqy --type cache-pool -L 2M -c 32k --poolmetadatasize 2M --cachemetadataformat "$4" -n fast "$1" "$fast"
    lvm lvconvert -qqy --type cache --cachepool fast --cachemode "$3" --cachepolicy smq "$1/x"
  else
    new -L 5M -n fast "$1" "$fast"
    lvm lvchange -qq -an "$1/fast"
    lvm lvconvert -qqy --type cache --cachevol fast --cachemode "$3" --cachepolicy smq -c 32k --cachemetadataformat "$4" "$1/x"
  fi
  warm "/dev/$1/x"
  sleep 1
  warm "/dev/$1/x"
  # No block migrates from now on, so what is written stays dirty.
  dmsetup message "$(echo "$1" | sed 's/-/--/g')-x" 0 migration_threshold 0
  fill_some "/dev/$1/x"
  note=cache,$2,$3,format-$4
}

stopped() { # SET
  dmsetup status
  off "$1"
  tell_as_it_is "$1" x
  finish
}

crashed() { # SET
  note=$note,not-stopped
  as_it_is "$1"
  tell_as_it_is "$1" x
  finish
}

for format in 1 2; do
  cached cache-through-$format pool writethrough $format
  stopped cache-through-$format
  cached cache-back-$format pool writeback $format
  stopped cache-back-$format
done
cached cache-volume volume writeback 2
stopped cache-volume
cached cache-crash pool writeback 2
crashed cache-crash

for state in stopped crashed; do
  slow_and_fast writecache-$state
  new -L 2M -n fast writecache-$state "$fast"
  lvm lvchange -qq -an writecache-$state/fast
  lvm lvconvert -qqy --type writecache --cachevol fast --cachesettings 'high_watermark=95 low_watermark=90' writecache-$state/x
  fill_some /dev/writecache-$state/x
  note=writecache
  $state writecache-$state
done
