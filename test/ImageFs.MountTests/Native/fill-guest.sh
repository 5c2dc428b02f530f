# shellcheck shell=dash disable=SC2016
# A tree for a file system that only the machine in QEMU can write to, in its root, by busybox's shell. Each line is a command of its own: a question
# has one line (Oracles/LinuxQuestion).
umask 022
seq 1 20000 >lines
printf tiny >tiny
: >empty
truncate -s 300000 hole
truncate -s 1000000 holes
printf data | dd of=holes bs=1 seek=300000 conv=notrunc 2>/dev/null
for i in $(seq 0 2 120); do printf "piece $i" | dd of=pieces bs=4096 seek=$i conv=notrunc 2>/dev/null; done
fallocate -l 100000 unwritten
printf data | dd of=unwritten bs=4096 seek=12 conv=notrunc 2>/dev/null
mkdir -p d1 d30 d300 d2000 deep/er/still
touch d1/name
for n in 30 300 2000; do seq -w 1 $n | sed "s|.*|d$n/& a name of some length|" | tr '\n' '\0' | xargs -0 touch; done
rm -f d2000/1[0-4]* d300/*7*
mkdir d30/directory d300/directory d2000/directory
for n in 1 2 3 4 5 6 7 8; do ln tiny d1/link$n; done
printf x >"$(printf 'n%.0s' $(seq 255))"
printf x >"$(printf 'na\303\257ve \377 name')"
for n in 1 59 150 155 156 157 300 500 511 512 513 800 1023; do ln -s "$(printf 'x%.0s' $(seq $n))" link$n; done
mkfifo fifo
mknod null c 1 3
mknod block b 300 70000
chown 70000:80000 tiny
chown 40000:65534 lines
chmod 6751 tiny
chmod 1777 deep
touch -d '2037-05-06 07:08:09' lines
touch -d '1960-01-02 03:04:05' hole
