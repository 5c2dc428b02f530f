# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# LUKS on a logical volume, and a group within LUKS. The passphrase is "volumes".

begin lvm-luks
disks 10M a
disks 6M b
modprobe -a dm_crypt algif_skcipher
options='--type luks2 --luks2-metadata-size 16k --luks2-keyslots-size 256k --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --cipher aes-xts-plain64 --key-size 256'
# shellcheck disable=SC2086
lock() { printf volumes | cryptsetup luksFormat -q $options --key-file - "$1"; }
unlock() { printf volumes | cryptsetup open --key-file - "$1" "$2"; }
group under "$a"
new -L 6M -n locked under
lock /dev/under/locked
unlock /dev/under/locked c1
fill /dev/mapper/c1
lock "$b"
unlock "$b" c2
group within /dev/mapper/c2
new -L 1M -n x within
fills within x
off within
cryptsetup close c1
cryptsetup close c2
again under
unlock /dev/under/locked c1
unlock "$b" c2
on within
note=passphrase=volumes
tell luks:under/locked /dev/mapper/c1
tells within x
off within
cryptsetup close c1
cryptsetup close c2
off under
finish
