"""fill-btrfs-large.py DIRECTORY NAMES FILES EXTENTS SNAPSHOTS: a directory of many names, files of many extents, many snapshots."""
import fcntl, os, struct, sys

SECTOR, SOURCE = 4096, 1024
FICLONERANGE, SNAPSHOT = 0x4020940D, 0x50009401

os.chdir(sys.argv[1])
names, files, extents, snapshots = map(int, sys.argv[2:])

os.mkdir("names")
for i in range(names):
    os.close(os.open(f"names/{i:06d} a name of some length", os.O_CREAT | os.O_WRONLY, 0o644))

# Every sector of a file is that of another place.
with open("source", "wb") as f:
    f.write(b"".join(b"%08d" % i * (SECTOR // 8) for i in range(SOURCE)))
os.sync()
source = os.open("source", os.O_RDONLY)
for k in range(files):
    f = os.open(f"pieces{k}", os.O_CREAT | os.O_RDWR, 0o644)
    for i in range(extents):
        fcntl.ioctl(f, FICLONERANGE, struct.pack("=qQQQ", source, (i * 237 + k * 7) % SOURCE * SECTOR, SECTOR, i * SECTOR))
    os.close(f)

os.system("btrfs subvolume create base >&2")
for i in range(20):
    with open(f"base/file{i}", "w") as f:
        f.write("x" * (i * 200))
os.mkdir("snapshots")
os.sync()
base, directory = os.open("base", os.O_RDONLY), os.open("snapshots", os.O_RDONLY)
for i in range(snapshots):
    fcntl.ioctl(directory, SNAPSHOT, bytearray(struct.pack("=q4088s", base, b"snapshot%04d" % i)))
    with open(f"base/file{i % 20}", "a") as f:
        f.write("more")
