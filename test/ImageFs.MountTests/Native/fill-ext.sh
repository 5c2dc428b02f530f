# shellcheck shell=sh
# fill-ext.sh DIRECTORY: a tree with one of everything that ext4 records. What a file system has not is left out.
set -eu
cd "$1"
umask 022

# contents: long, sparse, not yet written, allocated behind the end
seq 1 20000 >lines
printf tiny >tiny
head -c 100 /dev/zero >zeros
: >empty
truncate -s 300000 hole
truncate -s 1000000 holes
printf data | dd of=holes bs=1 seek=300000 conv=notrunc status=none
printf data | dd of=holes bs=1 seek=999990 conv=notrunc status=none
for i in 0 2 4 6 8 20 22 40; do printf "piece $i" | dd of=pieces bs=4096 seek=$i conv=notrunc status=none; done
if fallocate -l 100000 unwritten 2>/dev/null; then
  printf data | dd of=unwritten bs=1 seek=50000 conv=notrunc status=none
  seq 100 >behind
  fallocate -n -l 100000 behind
  seq 20000 >punched
  fallocate -p -o 20000 -l 30001 punched
fi

# names and directories
mkdir -p many deep/er/still empty-directory
(cd many && seq -f 'name %g of many' 1 500 | xargs -d '\n' touch)
rm -f many/name\ 3* many/name\ ??7\ of\ many
printf x >"$(printf 'n%.0s' $(seq 255))"
printf x >"$(printf 'na\303\257ve \377 name\nline')"
ln lines deep/er/hard
ln -s ../lines deep/fast
ln -s "$(printf 'x%.0s' $(seq 59))" link59
ln -s "$(printf 'x%.0s' $(seq 60))" link60
ln -s "$(printf 'x%.0s' $(seq 900))" link900
mkfifo fifo
mknod null c 1 3
mknod block b 300 70000
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
mkdir folded
touch folded/MixedCase folded/lower "$(printf 'folded/Stra\303\237e \303\204')"

# owners, modes, attributes
chown 70000:80000 tiny
chmod 4751 tiny
chmod 1777 empty-directory
chmod 000 empty
setfattr -n user.colour -v blue tiny
setfattr -n user.empty tiny
setfattr -n trusted.one -v 1 tiny
setfattr -n security.label -v some:label tiny
setfattr -n user.long -v "$(seq 150)" lines
setfattr -n user.directory -v yes deep
setfattr -h -n trusted.link -v yes link900
setfattr -n user.many -v "$(seq 5000)" many 2>/dev/null || :
# user::rw-, user:1000:rwx, group::r--, group:2000:r-x, mask::rwx, other::r--
acl=0x0200000001000600ffffffff02000700e803000004000400ffffffff08000500d007000010000700ffffffff20000400ffffffff
setfattr -n system.posix_acl_access -v $acl lines
setfattr -n system.posix_acl_default -v $acl deep

# times of all epochs, with nanoseconds
touch -d '2040-05-06 07:08:09.123456789' lines
touch -d '1901-12-13 20:45:52.5' hole
touch -d '1969-12-31 23:59:59.999999999' zeros
touch -d '2446-05-10 22:38:55.000000001' pieces
touch -a -d '2106-02-07 06:28:16.25' pieces
touch -h -d '2001-02-03 04:05:06.7' link59
touch -d '2011-12-13 14:15:16.171819' deep
