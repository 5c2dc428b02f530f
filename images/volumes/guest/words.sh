# shellcheck shell=dash disable=SC2034,SC2046,SC2086,SC2154 # disks are variables, and lists words
# Words of the scripts that make volumes. A set is a folder of disks that belong together, as files in memory behind loop devices.

filled=0
note=

begin() { # SET
  set_name=$1
  mkdir "/disks/$1"
  cd "/disks/$1" || exit
  disks=
}

disks() { # SIZE NAME...: new disks, of zeros; $NAME is the device of each
  local size=$1 name
  shift
  for name in "$@"; do
    truncate -s "$size" "$name.img"
    attach "$name"
  done
}

attach() { # NAME...
  local name device
  for name in "$@"; do
    device=$(losetup -P -f --show "$name.img")
    disks="$disks $name"
    eval "$name=\$device"
  done
}

detach() { # [NAME...]: all, if none is named
  local name rest device
  [ $# -gt 0 ] || set -- $disks
  for name in "$@"; do
    eval "device=\$$name"
    losetup -d "$device"
    rest=
    for other in $disks; do [ "$other" = "$name" ] || rest="$rest $other"; done
    disks=$rest
  done
}

devices() { # of the disks that are attached
  local name
  for name in $disks; do eval "echo \"\$$name\""; done
}


keep() { # copies of the disks that are attached, as they are now
  local name
  sync
  for name in $disks; do cp --sparse=always "$name.img" "$name.kept"; done
}

restore() { # the copies take the place of the disks, whatever these have become
  local names=$disks name
  detach
  for name in $names; do mv "$name.kept" "$name.img"; done
  attach $names
}

# Sectors that are alike nowhere, and pack well. What no length is given for gets them at its two ends.
fill() { # DEVICE [LENGTH [AT]], in bytes or with K, M
  local length=${2:-}
  if [ -z "$length" ]; then
    length=$(blockdev --getsize64 "$1")
    if [ "$length" -gt 393216 ]; then
      fill "$1" 320K
      fill "$1" 32K $((length - 32768))
      return
    fi
  fi
  dd if=/fill of="$1" bs=64K iflag=skip_bytes,count_bytes oflag=seek_bytes,direct conv=notrunc status=none skip=$((filled % 4194304)) seek="${3:-0}" count="$length"
  filled=$((filled + 45056))
}

# A line of the manifest: what the kernel reads of a volume, all of it, with the disks that are attached.
tell() { # VOLUME DEVICE [NOTE]
  local sum
  sum=$(sha256sum "$2") || sum=error
  put "$1" "$(blockdev --getsize64 "$2")" "${sum%% *}" "${3:-$note}"
}

refuse() { # VOLUME [NOTE]: Linux does not make it, nor does ImageFs
  put "$1" - refused "${2:-$note}"
}

lose() { # VOLUME [NOTE]: Linux does not make it; ImageFs reads what is left
  put "$1" - unreadable "${2:-$note}"
}

put() { # VOLUME LENGTH SHA256 NOTE
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$set_name" "$(echo $disks | tr ' ' ,)" "$@" >>/out/manifest
}

finish() { # the disks go out as they are now; copies of them stay
  local name
  sync
  mkdir "/out/$set_name"
  for name in ${1:-$disks}; do cp --sparse=always "$name.img" "/out/$set_name/"; done
  detach
  cd /
  rm -r "/disks/$set_name"
}

# ---- LVM ----

group() { # NAME DEVICE...: a group of new physical volumes, with small extents
  local name=$1
  shift
  lvm pvcreate -qq "$@"
  lvm vgcreate -qq -s 64k "$name" "$@"
}

new() { lvm lvcreate -qqy -Wn -Zn "$@"; }
thin() { lvm lvcreate -qqy -Wn "$@"; }
off() { lvm vgchange -qq -an "$@"; }
on() { lvm vgchange -qq -ay "$@"; }

again() { # GROUP...
  off "$@"
  on "$@"
}

fills() { # GROUP VOLUME...
  local group=$1 name
  shift
  for name in "$@"; do fill "/dev/$group/$name"; done
}

tells() { # GROUP VOLUME...
  local group=$1 name
  shift
  for name in "$@"; do tell "$group/$name" "/dev/$group/$name"; done
}

# ---- disks of what has not ended ----

as_it_is() { # GROUP: the disks as they are while it is active, as a crash would leave them
  keep
  dmsetup status
  off "$1"
  restore
}

tell_as_it_is() { # GROUP VOLUME...: the disks stay as they were before the group is activated for that
  keep
  on "$1"
  dmsetup status
  tells "$@"
  off "$1"
  restore
}

# ---- MD ----

array=/dev/md9
volume= # the array's name; an array of version 0.90 has its number

create() { mdadm --create "$array" --run --homehost=guest --name="$set_name" "$@" </dev/null; }
assemble() { mdadm -q --assemble --run "$array" "$@"; }
stop() { mdadm -q --stop "$array"; }

tell_array() { # [NOTE]: assembled of the disks that are attached
  if assemble $(devices); then
    tell "${volume:-$set_name}" "$array" "${1:-$note}"
  else
    refuse "${volume:-$set_name}" "${1:-$note}"
  fi
  stop || true
}
