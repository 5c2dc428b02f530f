"""fill-ntfs.py DIRECTORY [WORD...]: a tree with one of everything that NTFS records and ntfs-3g writes, apart from what hangs on reparse points,
compression and streams.

names=N, links=N and extents=N say how many names the largest directory has, how many names the file of most links, and how many extents the file
of most extents; small is for an image to keep.
"""
import os
import struct
import sys

words = dict(word.partition("=")[::2] for word in sys.argv[2:])
small = "small" in words
usual = (("names", 150), ("links", 60), ("extents", 200)) if small else (("names", 3000), ("links", 150), ("extents", 1500))
names, links, extents = (int(words.get(word, number)) for word, number in usual)
READ_ONLY, HIDDEN, SYSTEM = 1, 2, 4


def write(path, data, offset=0):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, data, offset)
    os.close(fd)


def text(length):
    return (b"%07d\n" * (length // 8 + 1) % tuple(range(length // 8 + 1)))[:length]


def fill_files():
    # Those of some hundred bytes are in their records; one grows out of it.
    for length in 0, 1, 7, 8, 500, 700, 720, 800, 1000, 4095, 4096, 4097, 70_000, 120_000 if small else 1_234_567:
        write(f"file-{length}", text(length))
    write("grown", text(300))
    write("grown", text(5000), 300)
    write("hole", b"end", 5_000_000)
    with open("nothing-but-hole", "wb") as f:
        f.truncate(3_000_000)
    for i in range(4 if small else 40):
        write("holes", text(70_000), i * 300_000)
    write("holes", b"x", 20_000_000)
    with open("shrunk", "wb") as f:
        f.write(text(400_000))
        f.truncate(5_000)
        f.truncate(9_000)


def fill_extents():
    # Two files that are written in turn lie between each other.
    one, other = (os.open(name, os.O_WRONLY | os.O_CREAT) for name in ("extents", "extents-between"))
    for i in range(extents):
        for fd in one, other:
            os.pwrite(fd, b"%07d\n" % i * 512, i * 4096)
    os.close(one)
    os.close(other)
    write("extents", b"behind a hole", extents * 4096 + 1_000_000)


def fill_links():
    os.mkdir("linked")
    write("linked/first", b"many names")
    for i in range(links):
        os.link("linked/first", f"linked/{'n' * (i % 200)}{i}")
    for i in range(4):
        os.mkdir(f"linked/d{i}")
        os.link("linked/first", f"linked/d{i}/same")
    write("linked/big", text(300_000))
    for i in range(30):
        os.link("linked/big", f"linked/big-{'b' * 150}{i}")


def fill_names():
    os.mkdir("names")
    for name in (
        "a", "A", "aa", "Aa", "AA", "ß", "SS", "straße", "STRASSE", "Ä", "ä", "é", "e\u0301", "İ", "ı", "i", "I", "ſ", "K", "k", "\u212a", "σ", "ς", "Σ",
        "漢字", "😀", "😀\U0010ffff", "\ufffd", "\uffff", " a", "a ", "a.", "...", "con", "a:b", "a*?<>|\"\\b", "\x01", "\x7f", "x" * 255, "Ü" * 255, "😀" * 127,
        "n" * 254 + "a", "n" * 254 + "A", "~1", "LONGNA~1", "1", "10", "2", "_", "^", "[", "`", "{",
    ):
        path = f"names/{name}"
        write(path, name.encode())
    # Each letter of some scripts, as the volume's own table has their order.
    os.mkdir("letters")
    for start, end in (0xA0, 0x250), (0x370, 0x530), (0x10A0, 0x1100), (0x1E00, 0x2000), (0x2C00, 0x2E00), (0xA640, 0xA7C0), (0xFF20, 0xFF60):
        for unit in range(start, end, 30 if small else 3):
            write(f"letters/{chr(unit)}", b"")


def fill_directories():
    for count in 0, 1, 4, 60, 100 if small else 400:
        os.mkdir(f"d{count}")
        for i in range(count):
            write(f"d{count}/name-{i * 7919 % 10007}", b"")
    os.mkdir("most-names")
    for i in range(names):
        write(f"most-names/{i * 7919 % 100003:06d}.{'t' * (i % 40)}", b"")
    # Records of the index that are no longer used, and one directory that was emptied.
    os.mkdir("gaps")
    os.mkdir("all-gone")
    removed = 200 if small else 1000
    for i in range(removed):
        write(f"gaps/{i:05d}-{'g' * 60}", b"")
        write(f"all-gone/{i:05d}", b"")
    for i in range(removed):
        if not 100 <= i < 120 and i % 97:
            os.remove(f"gaps/{i:05d}-{'g' * 60}")
        os.remove(f"all-gone/{i:05d}")
    path = "deep"
    for i in range(40):
        os.mkdir(path)
        write(f"{path}/file", path.encode())
        path += f"/{i}"


def set_attributes(path, attributes):
    before = struct.unpack("=I", os.getxattr(path, "system.ntfs_attrib"))[0]
    os.setxattr(path, "system.ntfs_attrib", struct.pack("=I", before | attributes))


def fill_attributes():
    os.mkdir("attributes")
    for i in range(8):
        write(f"attributes/file{i}", b"")
        os.mkdir(f"attributes/directory{i}")
        set_attributes(f"attributes/file{i}", i)
        set_attributes(f"attributes/directory{i}", i)
    write("attributes/a long name", b"")
    os.setxattr("attributes/a long name", "system.ntfs_dos_name", b"ALONGN~1")
    # From 1601 on, in units of 100 ns, before 1970 with parts of a second.
    for name, seconds, rest in (
        ("1601", -11644473600, 0), ("1601-1", -11644473600, 100), ("1969", -1, 999_999_900), ("1970", 0, 0), ("1930", -1262304000, 123_456_700),
        ("now", 1_700_000_000, 1_234_500), ("2106", 2**32 + 5, 100), ("2500", 16725225600, 500),
    ):
        write(f"attributes/{name}", b"")
        os.utime(f"attributes/{name}", ns=(seconds * 10**9 + rest, (seconds + 1) * 10**9 + rest))
        os.setxattr(f"attributes/{name}", "system.ntfs_crtime", struct.pack("=q", (seconds + 11644473600) * 10**7 + rest // 100))


os.chdir(sys.argv[1])
fill_files()
fill_extents()
fill_links()
fill_names()
fill_directories()
fill_attributes()
