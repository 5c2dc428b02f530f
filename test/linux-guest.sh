#!/usr/bin/env bash
# linux-guest.sh INIT [QEMU-OPTION...]
# Boots Linux in a machine that QEMU emulates, without KVM, root or network, with the program INIT as its init; until INIT powers it off.
# When INIT is a folder, what is in it lies in the root, its "init" is the program, and Debian's tools for volumes are there too.
# It has busybox, modprobe with the drivers of many file systems, a SCSI host s.0 for disks, and its console on the first serial port.
# A crash of it hurts nobody. IMAGEFS_GUEST_CPU is another processor for it, as QEMU's -cpu.
set -euo pipefail
init=$1
shift
guest=$("$(dirname "$0")/install-guest.sh")

# The kernel unpacks one archive after the other. What holds them has no name any more by the time that QEMU reads it: nothing is left behind.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
archives=("$guest/initrd")
if [[ -d $init ]]; then
  archives+=("$guest/tools")
  bsdtar -c --format newc --uid 0 --gid 0 -C "$init" -f "$tmp/init.cpio" .
else
  install -m 755 "$init" "$tmp/init"
  bsdtar -c --format newc --uid 0 --gid 0 -C "$tmp" -f "$tmp/init.cpio" init
fi
cat "${archives[@]}" "$tmp/init.cpio" >"$tmp/initrd"
exec 3<"$tmp/initrd"
rm -rf "$tmp"
exec qemu-system-x86_64 -M q35,hpet=off,smbus=off,sata=off,usb=off,i8042=off -cpu "${IMAGEFS_GUEST_CPU:-max,la57=off,-smap,-smep}" -accel tcg -smp 1 -m 640 \
  -nodefaults -no-user-config -display none -no-reboot -rtc base=utc -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny \
  -kernel "$guest/vmlinux" -initrd /dev/fd/3 \
  -append 'console=ttyS0 quiet rdinit=/init panic=-1 oops=panic mitigations=off cryptomgr.notests=1 tsc=reliable no_timer_check audit=0 noreplace-smp random.trust_cpu=on' \
  -device virtio-scsi-pci,id=s "$@"
