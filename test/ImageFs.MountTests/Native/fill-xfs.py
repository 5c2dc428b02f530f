"""fill-xfs.py DIRECTORY [WORD...]: a tree with one of everything that XFS records.

Words name what this file system has besides: reflink (shared extents), bigtime (times until 2486), project (quotas by project);
names=N and extents=N say how many names the largest directory has and how many extents the file of most extents; small is for an image to keep.
What is named and does not work is an error: a test would else compare less than it says.
"""
import ctypes
import fcntl
import os
import random
import socket
import stat
import struct
import subprocess
import sys

words = dict(word.partition("=")[::2] for word in sys.argv[2:])
small = "small" in words
names, extents = int(words.get("names", 800 if small else 3000)), int(words.get("extents", 100 if small else 700))
FICLONE, FICLONERANGE = 0x40049409, 0x4020940D
KEEP_SIZE, PUNCH_HOLE = 1, 2
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
random.seed(20)


def fallocate(path, mode, offset, length):
    with open(path, "ab") as f:
        if libc.fallocate(f.fileno(), mode, offset, length):
            raise OSError(ctypes.get_errno(), "fallocate", path)


def write(path, data, offset=0):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, data, offset)
    os.close(fd)


def clone(source, to, offset=None, length=0, at=0):
    with open(source, "rb") as f, open(to, "r+b" if os.path.exists(to) else "w+b") as t:
        if offset is None:
            fcntl.ioctl(t, FICLONE, f.fileno())
        else:
            fcntl.ioctl(t, FICLONERANGE, struct.pack("=qQQQ", f.fileno(), offset, length, at))


def text(length):
    return (b"%07d\n" * (length // 8 + 1) % tuple(range(length // 8 + 1)))[:length]


def times(path, seconds, nanoseconds=0, **how):
    os.utime(path, ns=(seconds * 10**9 + nanoseconds, (seconds + 1) * 10**9 + nanoseconds), **how)


def fill_files(block):
    write("lines", text(30_000 if small else 150_000))
    write("tiny", b"tiny")
    write("empty", b"")
    write("zeros", bytes(100))
    for path, length in ("hole", 300_000), ("holes", 1_000_000):
        write(path, b"")
        os.truncate(path, length)
    write("holes", b"data", 300_000)
    write("holes", b"data", 999_990)

    # Every other block: first as many as an inode has room for, then one more than that, then a tree.
    for path, count in ("few", 3), ("nine", 9), ("ten", 10), ("many", 60), ("most", extents):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
        for i in range(count):
            os.pwrite(fd, b"piece %d" % i, 2 * i * block + 5)
        os.close(fd)

    # Allocated and not written, written in its middle and at its end, behind the end, and punched.
    for path in "unwritten", "half-written", "all-written":
        fallocate(path, 0, 0, 40 * block)
    write("half-written", text(3 * block), 10 * block)
    write("half-written", text(block), 39 * block)
    write("all-written", text(40 * block))
    write("behind", text(3 * block + 7))
    fallocate("behind", KEEP_SIZE, 0, 30 * block)
    fallocate("only-behind", KEEP_SIZE, 0, 30 * block)
    write("punched", text(70_000))
    fallocate("punched", PUNCH_HOLE | KEEP_SIZE, 20_000, 30_001)
    fallocate("unwritten-pieces", 0, 0, 200 * block)
    for i in range(0, 100):
        write("unwritten-pieces", b"written", 2 * i * block)
    if "reflink" in words:
        clone("lines", "clone")
        clone("lines", "changed-clone")
        write("changed-clone", b"changed", 20_000)
        clone("unwritten-pieces", "clone-of-pieces")
        length = 4 * block
        for i in range(20):
            clone("all-written", "shuffled", (i * 7 % 10) * length, length, i * length)


def fill_names():
    # The forms of a directory: in the inode, one block, with a leaf, with nodes, in many extents, of which some are gone again.
    for path, count in ("d0", 0), ("d1", 1), ("d5", 5), ("d30", 30), ("d60", 60), ("d400", 400), ("d1500", 600 if small else 1500), ("most-names", names):
        os.mkdir(path)
        for i in range(count):
            name = f"{path}/{i}" if i % 3 else f"{path}/{i:05d} a name of some length"
            os.mkdir(name) if i % 50 == 7 else os.close(os.open(name, os.O_CREAT, 0o600))
    gone = 300 if small else 900
    for path in "gaps", "few-left", "other", "all-gone":
        os.mkdir(path)
    for i in range(gone):
        for path in "gaps", "few-left", "other", "all-gone":
            os.symlink(f"{i}", f"{path}/{i:04d} " + "name" * (i % 50))
    for i in range(gone):
        os.remove(f"all-gone/{i:04d} " + "name" * (i % 50))
        if i % 5 == 2 or gone // 3 < i < gone * 2 // 3:
            os.remove(f"gaps/{i:04d} " + "name" * (i % 50))
        if i % (gone // 3) != 5:
            os.remove(f"few-left/{i:04d} " + "name" * (i % 50))

    # Every length, every byte that a name may have, and names that differ in few of their bits.
    os.mkdir("names")
    for length in range(1, 256):
        write(b"names/" + b"n" * length, b"x")
    for byte in set(range(1, 256)) - {ord("/")}:
        os.symlink("x", b"names/byte " + bytes([byte]))
    for name in "naïve ünïcödé 한글", "UPPER", "upper", "Upper", "...", "..a", ".hidden", "line\nfeed", " space ", "e\u0301", "\u00e9":
        write(f"names/{name}", name.encode())
    os.makedirs("deep/" + "/".join(f"level {i}" for i in range(30)))
    os.link("lines", "deep/hard")
    os.link("lines", "deep/level 0/harder")
    for i in range(300):
        os.link("tiny", f"d400/link {i}")


def fill_nodes():
    for length in (1, 30, 59, 60, 155, 156, 157, 250, 335, 336, 337, 400, 455, 456, 457, 467, 468, 500, 800, 974, 1000, 1016, 1017, 1022, 1023):
        os.symlink((b"target of a link " * 64)[:length], f"link{length}")
    os.symlink("../lines", "deep/up")
    os.symlink(b"na\xc3\xafve \xff", "link of bytes")
    os.mkfifo("fifo")
    os.mknod("null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod("block", stat.S_IFBLK | 0o640, os.makedev(300, 70_000))
    os.mknod("largest", stat.S_IFCHR | 0o600, os.makedev(511, 262_143))
    socket.socket(socket.AF_UNIX).bind("socket")
    os.chown("tiny", 70_000, 80_000)
    os.chown("fifo", 2**32 - 2, 2**32 - 2)
    os.chmod("tiny", 0o6751)
    os.chmod("d0", 0o1777)
    os.chmod("empty", 0)


def entry(tag, permissions, who=2**32 - 1):
    return struct.pack("<HHI", tag, permissions, who)


def acl(users):
    named = b"".join(entry(2, i % 8, 1000 + i) for i in range(users))
    return struct.pack("<I", 2) + entry(1, 6) + named + entry(4, 4) + entry(8, 5, 2000) + entry(16, 7) + entry(32, 4)


def fill_attributes():
    for name, value in ("user.colour", b"blue"), ("user.empty", b""), ("trusted.one", b"1"), ("security.label", b"some:label"):
        os.setxattr("tiny", name, value)
    os.setxattr("tiny", b"user.na\xc3\xafve \xff", bytes(range(256)))
    os.setxattr("tiny", "security.capability", struct.pack("<IIIII", 0x02000001, 0x3000, 0, 0, 0))
    os.setxattr("link400", "trusted.link", b"yes", follow_symlinks=False)
    os.setxattr("link1023", "trusted.link", b"yes" * 100, follow_symlinks=False)
    os.setxattr("null", "trusted.node", b"yes")
    os.setxattr("d1500", "user.directory", b"yes" * 200)
    os.setxattr("most", "user.beside-many-extents", b"yes")
    os.setxattr("names", "user." + "n" * 250, b"the longest name")
    write("a", b"a")
    for i in range(4):
        os.setxattr("a", f"user.{i}", b"v" * i)

    # In a leaf, in many, with values of their own blocks: these of two files in turn, so that no two are neighbours.
    for path, count, lengths in ("leaf", 20, (60,)), ("node", 120 if small else 500, (8, 90, 200)), ("values", 4 if small else 12, (65536, 3000, 1, 20000)):
        write(path, b"x")
        for i in range(count):
            length = lengths[i % len(lengths)]
            os.setxattr(path, f"user.attribute {i} of {path}", text(length) if small else random.randbytes(length))
            write("beside", text(100), 20_000 * i)
    for path in "one", "another":
        write(path, path.encode())
    pieces = 22 if small else 70
    for i in range(pieces):
        for path in "one", "another":
            os.setxattr(path, f"trusted.{i}", b"%d" % i * 2000 if small else random.randbytes(3900 + 60 * i))
    for i in range(0, pieces, 3):
        os.removexattr("another", f"trusted.{i}")
    for i in range(120 if small else 500):
        if i % 7:
            os.setxattr("node", f"user.attribute {i} of node", b"changed" * (i % 30))
    os.setxattr("d0", "user.much", text(30_000))
    os.setxattr("lines", "system.posix_acl_access", acl(3))
    os.setxattr("d5", "system.posix_acl_access", acl(20))
    os.setxattr("d5", "system.posix_acl_default", acl(1))
    os.setxattr("deep", "system.posix_acl_default", acl(25))
    write("deep/inherits", b"x")
    os.mkdir("deep/inherits too")


def fill_times():
    times("lines", 2**31 - 1, 123_456_789)
    times("hole", -(2**31), 5)
    times("zeros", -1, 999_999_999)
    times("tiny", 0, 1)
    times("link59", 981_169_445, 7, follow_symlinks=False)
    times("deep", 1_323_785_655, 171_819)
    if "bigtime" in words:
        for path, seconds in ("few", 2**31), ("nine", 2**32), ("ten", 2_208_988_800), ("d30", 16_299_260_424):
            times(path, seconds, 987_654_321)


def fill_projects():
    os.mkdir("project")
    for command in "project -s -p project 42", "limit -p bhard=100m 42":
        subprocess.run(["xfs_quota", "-D", "/dev/null", "-P", "/dev/null", "-x", "-c", command, "."], check=True, stdout=subprocess.DEVNULL)
    write("project/file", text(5000))


os.umask(0o022)
os.chdir(sys.argv[1])
fill_files(max(4096, os.statvfs(".").f_bsize))
fill_names()
fill_nodes()
fill_attributes()
if "project" in words:
    fill_projects()
fill_times()
