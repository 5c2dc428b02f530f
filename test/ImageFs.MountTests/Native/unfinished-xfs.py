#!/usr/bin/env python3
"""unfinished-xfs.py DIR HOW DELAY [EXTENTS]

Stops a mounted XFS while files of many extents are cloned and written over (HOW=clone), or exchange their extents (HOW=exchange), or their
extents and sizes (HOW=sizes): what the log has begun and not finished is then in it. DELAY is the time that the work gets, in milliseconds; EXTENTS, how many the files have. The hashes of the files as they were are printed.
"""
import fcntl
import hashlib
import os
import struct
import sys
import threading
import time

FICLONERANGE = 0x4020940D
EXCHANGE_RANGE = 0x40285881
GOINGDOWN = 0x8004587D
TO_EOF = 1
WITH_LOG = 1
BLOCK = 4096
EXTENTS = int(sys.argv[4]) if len(sys.argv) > 4 else 600


def fragment(path, seed, extents=EXTENTS):
    """A file whose every second block is a hole, of contents that tell each block from all others."""
    with open(path, "wb") as file:
        for i in range(extents):
            file.seek((2 * i + seed % 2) * BLOCK)
            file.write(struct.pack("<QQ", seed, i) * (BLOCK // 16))


def clone(source, target):
    with open(source, "rb") as file, open(target, "r+b") as other:
        fcntl.ioctl(other.fileno(), FICLONERANGE, struct.pack("qQQQ", file.fileno(), 0, 0, 0))


def exchange(first, second, has_sizes):
    with open(first, "r+b") as file, open(second, "r+b") as other:
        length = 0 if has_sizes else os.fstat(file.fileno()).st_size
        fcntl.ioctl(other.fileno(), EXCHANGE_RANGE, struct.pack("iIQQQQ", file.fileno(), 0, 0, 0, length, TO_EOF if has_sizes else 0))


def write_over(path):
    """Blocks that are shared get new ones as they are written out."""
    with open(path, "r+b") as file:
        for i in range(0, 2 * EXTENTS, 3):
            file.seek(i * BLOCK)
            file.write(struct.pack("<QQ", 99, i) * (BLOCK // 16))
        os.fsync(file.fileno())


def forever(step, begun):
    try:
        begun.wait()
        while True:
            step()
    except OSError:
        pass  # The file system is gone.


def main():
    root, how, delay = sys.argv[1], sys.argv[2], int(sys.argv[3])
    path = lambda name: os.path.join(root, name)
    steps = []
    for i in range(3):
        source, target, other = path(f"source{i}"), path(f"target{i}"), path(f"other{i}")
        fragment(source, 2 * i)
        fragment(target, 2 * i + 1)
        fragment(other, 2 * i + 11, EXTENTS if how == "exchange" else EXTENTS // 2)
        if how == "exchange":
            for path_of_one in (source, other):
                os.truncate(path_of_one, 2 * EXTENTS * BLOCK)
        if how != "clone":
            steps.append(lambda source=source, other=other: exchange(source, other, how == "sizes"))
        else:
            copy = path(f"copy{i}")
            fragment(copy, 2 * i + 1)
            steps.append(lambda source=source, target=target, other=other: (clone(source, target), write_over(target), clone(other, target)))
            steps.append(lambda source=source, copy=copy, other=other: (clone(source, copy), clone(other, copy)))
    for name in sorted(name for name in os.listdir(root) if os.path.isfile(path(name))):
        with open(path(name), "rb") as file:
            print(name, hashlib.sha256(file.read()).hexdigest(), flush=True)
    os.sync()
    descriptor = os.open(root, os.O_RDONLY)
    begun = threading.Barrier(len(steps) + 1)
    for step in steps:
        threading.Thread(target=forever, args=(step, begun), daemon=True).start()
    begun.wait()
    time.sleep(delay / 1000)
    fcntl.ioctl(descriptor, GOINGDOWN, struct.pack("I", WITH_LOG))


main()
