# shellcheck shell=dash disable=SC2034,SC2154 # disks, and what words.sh takes
# A group within LUKS on a volume of another. The passphrase is "volumes".

begin lvm-luks
disks 5M a
modprobe -a dm_crypt algif_skcipher
group under "$a"
new -L 3456k -n locked under
printf volumes | cryptsetup luksFormat -q --type luks2 --luks2-metadata-size 16k --luks2-keyslots-size 128k --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
  --cipher aes-xts-plain64 --key-size 256 --key-file - /dev/under/locked
unlock() { printf volumes | cryptsetup open --key-file - /dev/under/locked inside; }
unlock
group within /dev/mapper/inside
new -L 512k -n x within
fill /dev/within/x 64K
fill /dev/within/x 8K 500K
off within
cryptsetup close inside
again under
unlock
on within
note=passphrase=volumes
tell luks:under/locked /dev/mapper/inside
tells within x
off within
cryptsetup close inside
off under
finish
