#!/usr/bin/env python3
"""churn.py DIR SEED OPERATIONS [HOW]

Changes a mounted file system at random, always the same way for a seed, and then stops it in the middle: HOW is the argument of the
GOINGDOWN ioctl of XFS (1 writes the log first, 2 does not); without it the file system goes on.
"""
import ctypes
import fcntl
import os
import random
import struct
import sys

FICLONERANGE = 0x4020940D
GOINGDOWN = 0x8004587D
PUNCH_HOLE = 3

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


class Churn:
    def __init__(self, root, seed):
        self.root = root
        self.random = random.Random(seed)
        self.directories = [root]
        self.files = []
        self.count = 0

    def name(self, kind):
        self.count += 1
        return os.path.join(self.random.choice(self.directories), f"{kind}{self.count}" + "x" * self.random.choice((0, 0, 3, 40, 200)))

    def file(self):
        return self.random.choice(self.files) if self.files else self.create()

    def create(self):
        path = self.name("f")
        with open(path, "wb") as file:
            file.write(self.random.randbytes(self.random.choice((0, 10, 4096, 70000))))
        self.files.append(path)
        return path

    def write(self):
        with open(self.file(), "r+b") as file:
            file.seek(self.random.randrange(0, 1 << 20))
            file.write(self.random.randbytes(self.random.randrange(1, 20000)))
            if self.random.random() < 0.3:
                file.flush()
                os.fsync(file.fileno())

    def truncate(self):
        os.truncate(self.file(), self.random.randrange(0, 1 << 19))

    def punch(self):
        with open(self.file(), "r+b") as file:
            libc.fallocate(file.fileno(), PUNCH_HOLE, self.random.randrange(0, 1 << 19) & ~4095, 8192)

    def preallocate(self):
        with open(self.file(), "r+b") as file:
            libc.fallocate(file.fileno(), self.random.choice((0, 1)), self.random.randrange(0, 1 << 20), 50000)

    def clone(self):
        source, target = self.file(), self.create()
        with open(source, "rb") as file, open(target, "r+b") as other:
            try:
                fcntl.ioctl(other.fileno(), FICLONERANGE, struct.pack("qQQQ", file.fileno(), 0, 0, 0))
            except OSError:
                pass

    def directory(self):
        path = self.name("d")
        os.mkdir(path)
        self.directories.append(path)

    def many(self):
        directory = self.random.choice(self.directories)
        names = [os.path.join(directory, f"m{self.count}-{i}" + "y" * (i % 50)) for i in range(self.random.choice((20, 300)))]
        self.count += 1
        for name in names:
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o640))
        for name in self.random.sample(names, len(names) // 3):
            os.unlink(name)

    def link(self):
        path = self.name("l")
        os.link(self.file(), path)
        self.files.append(path)

    def symlink(self):
        os.symlink("t" * self.random.choice((5, 300, 1000)), self.name("s"))

    def rename(self):
        old = self.file()
        new = self.name("r")
        os.rename(old, new)
        self.files.remove(old)
        self.files.append(new)

    def unlink(self):
        path = self.file()
        self.files.remove(path)
        os.unlink(path)

    def attribute(self):
        path = self.random.choice((self.file(), self.random.choice(self.directories)))
        name = f"user.a{self.random.randrange(8)}"
        if self.random.random() < 0.25:
            try:
                os.removexattr(path, name)
            except OSError:
                pass
        else:
            os.setxattr(path, name, self.random.randbytes(self.random.choice((1, 60, 800, 3000, 20000))))

    def mode(self):
        path = self.file()
        os.chmod(path, self.random.randrange(0, 0o1000))
        os.chown(path, self.random.randrange(0, 5000), self.random.randrange(0, 5000))
        os.utime(path, ns=(self.random.randrange(0, 1 << 60), self.random.randrange(0, 1 << 60)))

    def synchronize(self):
        with open(self.file(), "rb") as file:
            os.fsync(file.fileno())

    def run(self, operations):
        chances = [
            (self.create, 12), (self.write, 14), (self.truncate, 5), (self.punch, 4), (self.preallocate, 4), (self.clone, 4), (self.directory, 3),
            (self.many, 1), (self.link, 5), (self.symlink, 4), (self.rename, 8), (self.unlink, 7), (self.attribute, 10), (self.mode, 5), (self.synchronize, 3),
        ]
        steps, weights = zip(*chances)
        for _ in range(operations):
            try:
                self.random.choices(steps, weights)[0]()
            except OSError as error:
                # A volume may be full, or a name too long for it.
                if error.errno not in (28, 31, 36, 39, 95):
                    raise


def main():
    root, seed, operations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    churn = Churn(root, seed)
    churn.run(operations)
    if len(sys.argv) > 4:
        descriptor = os.open(root, os.O_RDONLY)
        fcntl.ioctl(descriptor, GOINGDOWN, struct.pack("I", int(sys.argv[4])))
        os.close(descriptor)


main()
