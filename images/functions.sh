# shellcheck shell=bash
# What the build.sh of every folder of images begins with. Sourced: the caller's own folder, or the one it was given, takes the images.
export LC_ALL=C.UTF-8 TZ=UTC SOURCE_DATE_EPOCH=1709210096
date='2024-02-29 12:34:56'
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
out=$(mkdir -p "${1:-$here}" && cd "${1:-$here}" && pwd)
# In memory: genisoimage lays directories out as the disk lists them, and a disk does so in an order of its own.
tmp=$(mktemp -d /dev/shm/images.XXXXXX)
trap 'leave; rm -rf "$tmp"' EXIT

# Lines that count up, each with its file's own word: no two blocks are alike, of one file or of two.
text() { # WORD BYTES
  awk -v word="$1" -v size="$2" 'BEGIN {
    for (n = 0; n < size; i++) {
      line = sprintf("%s %d\n", word, i)
      if (n + length(line) > size) line = substr(line, 1, size - n)
      printf "%s", line
      n += length(line)
    }
  }'
}

fresh() { # an empty folder for an image's contents, entered
  cd /
  rm -rf "$tmp/tree"
  mkdir "$tmp/tree"
  cd "$tmp/tree" || exit
}

quiet() { # COMMAND...: silent unless it fails
  "$@" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; return 1; }
}

at() { # COMMAND...: as if it were then
  faketime -f "$date" "$@"
}

pack() { # IMAGE [FOLDER]: a name under $tmp becomes $out/FOLDER/NAME.gz
  mkdir -p "$out/${2:-.}"
  gzip -9 -n -c "$tmp/$1" >"$out/${2:-.}/$1.gz"
}

# ---- images that the kernel fills, as root ----

enter() { # IMAGE TYPE OPTIONS: mounts it on a loop device, and goes there; until leave
  device=$(losetup -f --show "$1")
  mkdir -p "$tmp/mount"
  mount -t "$2" -o "$3" "$device" "$tmp/mount"
  mounted=$tmp/mount
  cd "$mounted" || exit
}

leave() {
  cd /
  [[ -z ${mounted:-} ]] || umount "$mounted"
  mounted=''
  [[ -z ${device:-} ]] || losetup -d "$device"
  device=''
}
