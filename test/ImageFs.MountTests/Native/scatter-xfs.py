"""scatter-xfs.py DIRECTORY NAMES: leaves free space of XFS in pieces smaller than a block of a directory, makes and removes names in a
directory there, writes those that are left to NAMES, and stops the volume with the log written (XFS_IOC_GOINGDOWN)."""
import ctypes
import fcntl
import os
import struct
import subprocess
import sys

FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE = 1, 2
XFS_IOC_GOINGDOWN, LOG_FLUSHED = 0x8004587D, 1

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
root, names = sys.argv[1:]
pool, directory = os.path.join(root, "pool"), os.path.join(root, "d")
os.mkdir(pool)
os.mkdir(directory)
for i in range(400):
    open(f"{pool}/f{i}", "wb").close()

# A file takes all there is; then every other piece of two blocks is freed.
big = os.open(os.path.join(root, "big"), os.O_RDWR | os.O_CREAT)
space = os.statvfs(root)
unit, size, end = space.f_bsize, space.f_bfree * space.f_frsize, 0
subprocess.run(["xfs_io", "-x", "-c", "resblks 0", root], check=True, stdout=subprocess.DEVNULL)
while size >= unit:
    if libc.fallocate(big, 0, end, size) == 0:
        end += size
    else:
        size = size // 2 // unit * unit
os.fsync(big)
for at in range(0, end - 4 * unit, 4 * unit):
    if libc.fallocate(big, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 2 * unit) != 0:
        sys.exit(f"fallocate: {os.strerror(ctypes.get_errno())}")
os.sync()


def name(i):
    return f"{directory}/name-{i}-{'x' * (i % 37)}"


for i in range(1500):
    os.link(f"{pool}/f{i % 400}", name(i))
os.sync()
for i in range(0, 1500, 7):
    os.unlink(name(i))
for i in range(1500, 2300):
    os.link(f"{pool}/f{i % 400}", name(i))
for i in range(3, 1500, 11):
    if i % 7 != 0:
        os.rename(name(i), f"{directory}/other-{i}")
with open(names, "w") as file:
    file.write("".join(f"{each}\n" for each in sorted(os.listdir(directory))))
fcntl.ioctl(os.open(root, os.O_RDONLY), XFS_IOC_GOINGDOWN, struct.pack("I", LOG_FLUSHED))
