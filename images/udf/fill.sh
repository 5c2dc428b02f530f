#!/bin/busybox sh
# shellcheck shell=dash
# The init of the guest: mounts each image with Linux's udf and fills it.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe virtio_scsi
modprobe sd_mod
date -u -s '2024-02-29 12:34:56' >/dev/null
umask 022

text() { # WORD COUNT
  seq "$2" | sed "s/^/$1 /"
}

fill() { # FILES PIECES
  # contents: within the entry, of several blocks, sparse, in many pieces
  printf tiny >tiny
  text long 3000 >long
  : >empty
  truncate -s 300000 hole
  truncate -s 200000 holes
  printf middle | dd of=holes bs=1 seek=100000 conv=notrunc 2>/dev/null
  for i in $(seq 0 2 "$2"); do printf "piece $i" | dd of=pieces bs=4096 seek="$i" conv=notrunc 2>/dev/null; done

  # names and directories; deleted names are left in a directory
  mkdir -p many deep/er/still empty-directory
  for i in $(seq "$1"); do : >"many/name $i of many, long enough"; done
  rm many/name\ 1?\ *
  printf name >"$(printf 'n%.0s' $(seq 253))"
  printf name >'Ünïcödé ßtraße.txt'
  printf name >'漢字漢字漢字漢字.txt'
  printf name >'😀 and 𝔘.txt'
  printf name >'a.b.c.d'
  ln long deep/er/hard
  ln -s ../long deep/relative
  ln -s /abs/./path/../x absolute
  ln -s / root
  ln -s . dot
  ln -s .. dotdot
  ln -s "deep/漢字/$(printf 'x%.0s' $(seq 200))" long-link

  # types of nodes, owners, modes, times
  mkfifo fifo
  mknod null c 1 3
  mknod disk b 200 77
  chown 70000:80000 tiny
  chmod 4751 tiny
  chmod 1777 empty-directory
  chmod 2755 deep
  chmod 000 empty
  touch -d '2040-05-06 07:08:09' long
  touch -d '1971-01-02 03:04:05' hole
  touch -h -d '2001-02-03 04:05:06' dotdot 2>/dev/null
  cd /
}

# The device of a SCSI target, once it is there.
disk() { # NUMBER
  until dd if="/dev/$(ls "/sys/class/scsi_device/0:0:$1:0/device/block")" of=/dev/null count=1 2>/dev/null; do sleep 1; done
  echo "/dev/$(ls "/sys/class/scsi_device/0:0:$1:0/device/block")"
}

tr -d '\000' <"$(disk 0)" >/jobs
while read -r number files pieces options; do
  mount -t udf -o "$options" "$(disk "$number")" /mnt && cd /mnt && fill "$files" "$pieces" && umount /mnt && echo "filled $number"
done </jobs
poweroff -f
