"""fill-btrfs.py DIRECTORY [small]: a tree with one of everything that Btrfs records; "small" for an image of 16 MiB.

The directory is the root of a Btrfs volume. What it compresses depends on the mount options too: files that have to be compressed ask for it
by their property.
"""
import ctypes, fcntl, os, random, socket, struct, subprocess, sys

SECTOR = 4096
FICLONE, FICLONERANGE, GETFLAGS, SETFLAGS = 0x40049409, 0x4020940D, 0x80086601, 0x40086602
NODUMP, NOATIME, NOCOW, COMPRESS = 0x40, 0x80, 0x800000, 0x4
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
noise = random.Random(1)


# ---- calls ----

def text(word, length):
    lines, size, i = [], 0, 0
    while size < length:
        lines.append(f"{word} {i}\n")
        size += len(lines[-1])
        i += 1
    return "".join(lines).encode()[:length]


def write(path, data=b"", at=0, sync=False):
    f = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    while data:
        n = os.pwrite(f, data, at)
        data, at = data[n:], at + n
    if sync:
        os.fsync(f)
    os.close(f)


def allocate(path, mode, offset, length):
    f = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    if libc.fallocate(f, mode, offset, length):
        raise OSError(ctypes.get_errno(), f"fallocate {path}")
    os.close(f)


def clone(source, path, offset=0, length=0, to=0):
    s, f = os.open(source, os.O_RDONLY), os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    fcntl.ioctl(f, FICLONERANGE, struct.pack("=qQQQ", s, offset, length, to))
    os.close(s), os.close(f)


def flag(path, bits):
    f = os.open(path, os.O_RDONLY)
    old = struct.unpack("=i", fcntl.ioctl(f, GETFLAGS, bytes(4)))[0]
    fcntl.ioctl(f, SETFLAGS, struct.pack("=i", old | bits))
    os.close(f)


def compressed(path, how, data, at=0):
    write(path)
    os.setxattr(path, "btrfs.compression", how.encode())
    write(path, data, at, sync=True)


def btrfs(*arguments):
    subprocess.run(["btrfs", *arguments], check=True, stdout=subprocess.DEVNULL)


def sync():
    # One order of what is written, whichever threads write it.
    btrfs("filesystem", "sync", ".")


# ---- names of one hash: crc32c is linear, so four bytes bring it to any value ----

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
    TABLE.append(n)
BY_TOP = {value >> 24: n for n, value in enumerate(TABLE)}


def name_hash(name, crc=0xFFFFFFFE):
    for byte in name:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc


def same_hash(target, prefix, count):
    """Names that begin alike, are of the same length, and have the hash."""
    found, n = [], 0
    while len(found) < count:
        start = prefix + b"%04d-" % n
        n += 1
        wanted, steps = target, []
        for _ in range(4):
            steps.insert(0, BY_TOP[wanted >> 24])
            wanted = (wanted ^ TABLE[steps[0]]) << 8 & 0xFFFFFFFF
        crc, end = name_hash(start), b""
        for step in steps:
            end += bytes([(crc ^ step) & 255])
            crc = TABLE[step] ^ crc >> 8
        if b"/" not in end and b"\0" not in end:
            assert name_hash(start + end) == target
            found.append(start + end)
    return found


# ---- what there is ----

def nodes(small):
    os.makedirs("nodes/deep/er/still")
    os.mkdir("nodes/empty-directory")
    os.mkfifo("nodes/fifo")
    os.mknod("nodes/null", 0o20666, os.makedev(1, 3))
    os.mknod("nodes/block", 0o60600, os.makedev(300, 70000))
    socket.socket(socket.AF_UNIX).bind("nodes/socket")
    os.symlink("../nodes/deep", "nodes/deep/link")
    for length in (1, 59, 60, 900, 2000, 4095):
        try:
            os.symlink("x" * length, f"nodes/link{length}")
        except OSError:
            # A leaf of 4 KiB holds no more than this.
            os.symlink("x" * 3900, "nodes/link3900")
    write("nodes/deep/er/still/file", b"deep")
    for mode in (0o000, 0o4751, 0o2755, 0o1777, 0o6777):
        write(f"nodes/mode-{mode:o}", b"mode")
        os.chown(f"nodes/mode-{mode:o}", 70000 + mode, 80000)
        os.chmod(f"nodes/mode-{mode:o}", mode)
    sync()


def names(small):
    os.mkdir("names")
    for name in (b"n", b"n" * 255, b"na\xc3\xafve \xff name\nline", bytes(range(1, 47)), bytes(range(48, 256)), "漢字 Ünïcödé".encode() * 10, b" ", b"\\", b"..."):
        write(b"names/" + name, name)
    os.mkdir("names/hash")
    for name in same_hash(0x12345678, b"one-", 3) + same_hash(0, b"zero-", 2) + same_hash(0xFFFFFFFF, b"ones-" + b"n" * 200, 4):
        write(b"names/hash/" + name, name)
    os.mkdir("names/many")
    for i in range(300 if small else 3000):
        write(f"names/many/name {i} of many, and long", b"" if i % 3 else b"%d" % i)
    for i in range(0, 300 if small else 3000, 7):
        os.unlink(f"names/many/name {i} of many, and long")
    for i in range(1, 200, 14):
        os.rename(f"names/many/name {i} of many, and long", f"names/many/renamed {i}")
    sync()


def links(small):
    os.makedirs("links/other")
    write("links/first", text("links", 5000))
    for i in range(5):
        os.link("links/first", f"links/other/of first {i}")
    # More than an INODE_REF item holds: the others are INODE_EXTREFs.
    write("links/many", b"linked")
    for i in range(60 if small else 420):
        os.link("links/many", f"links/{i:04d}-" + "l" * 200)
    for name in same_hash(0x7FFFFFFF, b"reference-", 3):
        os.link("links/many", b"links/" + name)
    for i in range(20):
        os.link("links/many", f"links/other/{i:04d}-" + "o" * 240)
    os.mkdir("links/unlinked")
    write("links/unlinked/a", b"a")
    os.link("links/unlinked/a", "links/unlinked/b")
    os.unlink("links/unlinked/a")
    sync()


def contents(small):
    os.mkdir("contents")
    os.chdir("contents")
    write("lines", text("lines", 30_000 if small else 2_000_000))
    write("empty")
    write("tiny", b"tiny")
    for size in (1, 2000, 2048, 2049, 3900, 4095, 4096, 4097):
        write(f"size{size}", text("size", size))
    # Inline, then longer than that: by a hole, by data, by both.
    for name in ("hole", "data", "both", "sector"):
        write(f"inline-{name}", text("inline", 700), sync=True)
    os.truncate("inline-hole", 50_000)
    write("inline-data", text("more", 9000), 700)
    os.truncate("inline-both", 9000)
    write("inline-both", text("end", 100), 20_000)
    os.truncate("inline-sector", 4096)
    write("cut", text("cut", 30_000), sync=True)
    os.truncate("cut", 5555)
    write("cut-longer", text("cut", 30_000), sync=True)
    os.truncate("cut-longer", 5555)
    os.truncate("cut-longer", 40_000)
    # Holes, what is not yet written, and what is punched.
    write("hole")
    os.truncate("hole", 300_001)
    for at in (300_000, 400_000, 999_990):
        write("holes", b"data", at)
    for i in (0, 2, 4, 6, 8, 20, 22, 40):
        write("pieces", b"piece %d" % i, i * SECTOR, sync=True)
    allocate("unwritten", 0, 0, 100_000)
    write("unwritten", b"data", 50_000)
    write("behind", text("behind", 500))
    allocate("behind", KEEP_SIZE, 0, 100_000)
    allocate("all-behind", KEEP_SIZE, 0, 100_000)
    write("prealloc-parts")
    allocate("prealloc-parts", 0, 0, 40 * SECTOR)
    for i in (3, 4, 11, 39):
        write("prealloc-parts", text(f"part{i}", SECTOR), i * SECTOR, sync=True)
    size = 40_000 if small else 100_000
    write("punched", text("punched", size), sync=True)
    allocate("punched", PUNCH_HOLE | KEEP_SIZE, 10_000, 10_001)
    allocate("punched", PUNCH_HOLE | KEEP_SIZE, size - 5000, 20_000)
    write("zeroed", text("zeroed", size), sync=True)
    allocate("zeroed", ZERO_RANGE, 10_000, 10_001)
    write("overwritten", text("old", size), sync=True)
    for at in range(77, size, 15_000):
        write("overwritten", text("new", 5000), at, sync=True)
    write("reversed")
    for i in reversed(range(20)):
        write("reversed", text(f"r{i}", SECTOR), i * SECTOR, sync=True)
    # Shared extents: whole, in part, and of oneself.
    clone("lines", "shared")
    clone("lines", "shared-part", 8192, 16384, 4096)
    clone("lines", "shared-part", 0, 4096, 32768)
    clone("pieces", "shared-holes")
    clone("unwritten", "shared-unwritten", 4096, 61440, 8192)
    clone("tiny", "shared-inline")
    write("shared-self", text("self", 8192), sync=True)
    for i in range(1, 30):
        clone("shared-self", "shared-self", 0, 8192, i * 8192)
    write("shared-changed", text("before", 32768), sync=True)
    clone("shared-changed", "shared-unchanged")
    write("shared-changed", text("after", 4096), 16384, sync=True)
    # Not checksummed, written in place.
    write("nocow")
    flag("nocow", NOCOW)
    write("nocow", text("nocow", size // 2), sync=True)
    write("nocow", text("again", 5000), 10_000, sync=True)
    write("swap")
    flag("swap", NOCOW)
    os.chmod("swap", 0o600)
    allocate("swap", 0, 0, 64 * SECTOR)
    subprocess.run(["mkswap", "-q", "swap"], check=True, stderr=subprocess.DEVNULL)
    flag("tiny", NODUMP | NOATIME)
    # Many extents: every sector is that of another place.
    count = 300 if small else 3000
    write("source", text("source", 16 * SECTOR if small else 1024 * SECTOR), sync=True)
    sectors = os.path.getsize("source") // SECTOR
    s, f = os.open("source", os.O_RDONLY), os.open("many-extents", os.O_WRONLY | os.O_CREAT, 0o644)
    for i in range(count):
        fcntl.ioctl(f, FICLONERANGE, struct.pack("=qQQQ", s, i * 37 % sectors * SECTOR, SECTOR, (i + i // 50) * SECTOR))
    os.close(s), os.close(f)
    os.chdir("..")
    sync()


def compression(small):
    os.mkdir("compressed")
    os.chdir("compressed")
    random_part = noise.randbytes(9_000 if small else 40_000)
    part = 40_000 if small else 200_000
    for how in ("zlib", "lzo", "zstd") if small else ("zlib", "lzo", "zstd", "zstd:15", "zlib:1"):
        name = how.replace(":", "-")
        compressed(f"{name}-text", how, text(name, 131_072 + 4096 + 17 if small else 1_500_000))
        compressed(f"{name}-mixed", how, text(name, part) + random_part + text(name, part))
        compressed(f"{name}-random", how, random_part)
        compressed(f"{name}-zeros", how, bytes(400_000))
        compressed(f"{name}-inline", how, text("inline", 1900))
        compressed(f"{name}-inline-zeros", how, bytes(4000))
        compressed(f"{name}-inline-longer", how, text("inline", 1500))
        os.truncate(f"{name}-inline-longer", 30_000)
        compressed(f"{name}-cut", how, text(name, part))
        os.truncate(f"{name}-cut", part - 17_000)
        compressed(f"{name}-hole", how, text(name, 20_000), 200_000)
        compressed(f"{name}-overwritten", how, text(name, part))
        compressed(f"{name}-overwritten", how, text("over", 5000), 17_000)
        compressed(f"{name}-punched", how, text(name, part))
        allocate(f"{name}-punched", PUNCH_HOLE | KEEP_SIZE, 10_000, 20_001)
        # Parts of what is compressed: offsets into extents.
        clone(f"{name}-text", f"{name}-part", 8192, 16384, 4096)
        clone(f"{name}-text", f"{name}-part", 65536, 65536, 65536)
        clone(f"{name}-text", f"{name}-part", 4096, 4096, 0)
        clone(f"{name}-inline", f"{name}-inline-shared")
    os.mkdir("inherited")
    os.setxattr("inherited", "btrfs.compression", b"zstd")
    write("inherited/file", text("inherited", part))
    write("nothing", text("none", 9000))
    os.setxattr("nothing", "btrfs.compression", b"none")
    write("flagged")
    flag("flagged", COMPRESS)
    write("flagged", text("flagged", 50_000), sync=True)
    os.chdir("..")
    sync()


def attributes(small):
    os.mkdir("attributes")
    os.chdir("attributes")
    write("file", b"file")
    os.mkdir("directory")
    os.symlink("file", "link")
    os.mkfifo("fifo")
    os.setxattr("file", "user.colour", b"blue")
    os.setxattr("file", "user.empty", b"")
    os.setxattr("file", "user.binary", bytes(range(256)))
    os.setxattr("file", "trusted.one", b"1")
    os.setxattr("file", "security.label", b"some:label")
    os.setxattr("directory", "user.directory", b"yes")
    os.setxattr("link", "trusted.link", b"yes", follow_symlinks=False)
    os.setxattr("fifo", "trusted.fifo", b"yes")
    write("many", b"many")
    for i in range(60):
        os.setxattr("many", f"user.number {i}", b"value %d" % i)
    os.setxattr("many", b"user." + b"n" * 250, b"the longest name")
    for name in same_hash(0x2468ACE0, b"user.hash-", 3):
        os.setxattr("many", name, name)
    write("large", b"large")
    for size in (3000, 3800, 8000, 16_000, 16_200, 60_000):
        try:
            os.setxattr("large", f"user.size {size}", text("value", size))
        except OSError:
            # Larger than a leaf.
            pass
    # user::rw-, user:1000:rwx, group::r--, group:2000:r-x, mask::rwx, other::r--
    acl = bytes.fromhex("0200000001000600ffffffff02000700e803000004000400ffffffff08000500d007000010000700ffffffff20000400ffffffff")
    os.setxattr("file", "system.posix_acl_access", acl)
    os.setxattr("directory", "system.posix_acl_default", acl)
    write("directory/inherits", b"acl")
    write("capable", b"capable")
    # VFS_CAP_REVISION_2, effective: CAP_NET_BIND_SERVICE, CAP_NET_RAW
    os.setxattr("capable", "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 10 | 1 << 13, 0, 0, 0))
    os.mkdir("times")
    for i, ns in enumerate((-1, 0, -10**18, -(1 << 31) * 10**9 - 1, (1 << 31) * 10**9 + 123_456_789, (1 << 32) * 10**9, 16_000_000_000 * 10**9 + 1, 250_000_000_000 * 10**9)):
        try:
            write(f"times/{i}", b"time")
            os.utime(f"times/{i}", ns=(ns + 500, ns))
        except OverflowError:
            libc.utimensat(-100, f"times/{i}".encode(), struct.pack("=qqqq", (ns + 500) // 10**9, (ns + 500) % 10**9, ns // 10**9, ns % 10**9), 0)
    os.utime("link", ns=(5, 6), follow_symlinks=False)
    os.utime("directory", ns=(1_000_000_007, 2_000_000_008))
    os.chdir("..")
    sync()


def subvolumes(small):
    os.mkdir("volumes")
    btrfs("subvolume", "create", "volumes/first")
    write("volumes/first/file", text("first", 20_000))
    os.mkdir("volumes/first/directory")
    write("volumes/first/directory/file", b"in first")
    os.link("volumes/first/file", "volumes/first/directory/link")
    os.symlink("directory/file", "volumes/first/symbolic")
    os.setxattr("volumes/first", "user.volume", b"first")
    os.utime("volumes/first", ns=(7, 8))
    btrfs("subvolume", "create", "volumes/first/directory/nested")
    compressed("volumes/first/directory/nested/file", "zstd", text("nested", 150_000))
    btrfs("subvolume", "create", "volumes/first/directory/nested/deeper")
    write("volumes/first/directory/nested/deeper/file", b"deeper")
    sync()
    # In a snapshot the nested ones are empty directories.
    btrfs("subvolume", "snapshot", "-r", "volumes/first", "volumes/read-only")
    btrfs("subvolume", "snapshot", "volumes/first", "volumes/writable")
    write("volumes/writable/file", b"changed", 5000)
    write("volumes/writable/added", b"added")
    os.unlink("volumes/writable/directory/file")
    write("volumes/first/file", b"after the snapshot", 100)
    btrfs("subvolume", "snapshot", "volumes/writable", "volumes/first/of writable")
    btrfs("subvolume", "snapshot", "-r", "volumes/first/directory/nested", "volumes/writable/nested")
    btrfs("subvolume", "create", "volumes/empty")
    btrfs("subvolume", "create", "volumes/" + "v" * 255)
    write("volumes/" + "v" * 255 + "/file", b"long")
    for i in range(3):
        btrfs("subvolume", "create", f"volumes/deleted{i}")
        write(f"volumes/deleted{i}/file", text("deleted", 9000))
    sync()
    for i in range(3):
        btrfs("subvolume", "delete", "-c", f"volumes/deleted{i}")
    btrfs("subvolume", "create", "volumes/moved")
    write("volumes/moved/file", b"moved")
    os.rename("volumes/moved", "volumes/first/directory/moved here")
    os.mkdir("volumes/above")
    os.rename("volumes/empty", "volumes/above/empty")
    sync()


def main():
    os.umask(0o022)
    os.chdir(sys.argv[1])
    small = sys.argv[2:] == ["small"]
    for part in (nodes, names, links, contents, compression, attributes, subvolumes):
        part(small)
    os.utime(".", ns=(1_600_000_000_000_000_001, 1_600_000_001_000_000_002))
    sync()


main()
