"""fill-ntfs-data.py DIRECTORY [compressed]: what hangs on compression, reparse points, extended attributes and streams, written through ntfs-3g with
streams_interface=windows,special_files=wsl. With the word, compressed files alone.

Files of Windows' system compression are made of what wimlib compresses; each is named in the file overlay/sums with the hash that wimlib wrote.
"""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

noise = random.Random(20)


def write(path, data=b""):
    with open(path, "wb") as f:
        f.write(data)


def text(length):
    return b"".join(b"%d of %x, and so on\n" % (i, i * i) for i in range(length // 14))[:length]


def attribute(path, name, value):
    os.setxattr(path, f"system.{name}", value, follow_symlinks=False)


def fill_compressed():
    os.mkdir("compressed")
    attribute("compressed", "ntfs_attrib", struct.pack("<I", 0x800))
    os.chdir("compressed")
    write("text", text(300_001))
    write("noise", noise.randbytes(200_000))
    write("runs", bytes(70_000) + b"a" * 100_000 + noise.randbytes(70_000) + b"xyz" * 30_000 + bytes(200_000) + b"end")
    write("program", open("/usr/bin/wimcapture", "rb").read())
    write("small", b"in its record")
    for length in 1000, 4096, 16384, 65535, 65536, 65537:
        write(f"text-{length}", text(length))
    with open("hole", "wb") as f:
        f.truncate(1_000_000)
        f.seek(700_000)
        f.write(text(5000))
    # Units in fragments: every second file makes room.
    for i in range(40):
        write(f"gap{i}", noise.randbytes(9000))
    for i in range(0, 40, 2):
        os.remove(f"gap{i}")
    write("fragments", text(600_000))
    os.chdir("..")


def reparse(path, tag, data):
    attribute(path, "ntfs_reparse_data", struct.pack("<IHH", tag, len(data), 0) + data)


def names(substitute, printed, flags=None):
    substitute, printed = substitute.encode("utf-16le"), printed.encode("utf-16le")
    head = struct.pack("<HHHH", 0, len(substitute), len(substitute) + 2, len(printed))
    return head + (b"" if flags is None else struct.pack("<I", flags)) + substitute + b"\0\0" + printed + b"\0\0"


def fill_links():
    os.makedirs("links/in/deeper")
    os.chdir("links")
    for name, substitute, printed, relative in (
        ("relative", "..\\compressed\\text", "..\\compressed\\text", 1),
        ("absolute", "\\??\\C:\\Windows\\\u00e4", "C:\\Windows\\\u00e4", 0),
        ("share", "\\??\\UNC\\host\\share", "\\\\host\\share", 0),
    ):
        write(name)
        reparse(name, 0xA000000C, names(substitute, printed, relative))
    for name, target in (("junction", "C:\\compressed"), ("in/junction", "C:\\compressed\\"), ("in/deeper/junction", "E:\\"), ("../junction", "c:\\links\\in")):
        os.mkdir(name)
        reparse(name, 0xA0000003, names("\\??\\" + target, target))
    os.chdir("..")


def fill_unusual():
    # What Linux's ntfs3 shows as links without a target, or not as what it is.
    os.mkdir("unusual")
    os.chdir("unusual")
    write("not printed")
    reparse("not printed", 0xA000000C, names("\\??\\D:\\sub", "", 0))
    os.mkdir("volume")
    reparse("volume", 0xA0000003, names("\\??\\Volume{01234567-89ab-cdef-0123-456789abcdef}\\", ""))
    write("unknown", b"data")
    reparse("unknown", 0x8000001B, b"whatever")
    write("cloud", b"here")
    reparse("cloud", 0x9000301A, b"whatever")
    write("cloud elsewhere", b"not here")
    reparse("cloud elsewhere", 0x9000301A, b"whatever")
    attribute("cloud elsewhere", "ntfs_attrib", struct.pack("<I", 0x1000))
    write("deduplicated", b"data")
    reparse("deduplicated", 0x80000013, b"whatever")
    write("in an image", b"data")
    reparse("in an image", 0x80000017, struct.pack("<II", 1, 1) + bytes(24))
    write("unknown algorithm", b"data")
    reparse("unknown algorithm", 0x80000017, struct.pack("<IIII", 1, 2, 1, 9))
    os.symlink("../compressed/te\u00dft", "linux link")
    os.mkfifo("fifo")
    os.mknod("socket", 0o140644)
    os.mknod("character", 0o20644, os.makedev(5, 3))
    os.mknod("block", 0o60644, os.makedev(259, 70000))
    os.chdir("..")


def ea(path, values):
    packed = b""
    for name, value in values.items():
        entry = struct.pack("<BBH", 0, len(name), len(value)) + name.encode() + b"\0" + value
        length = 4 + len(entry) + (-len(entry)) % 4
        packed += (struct.pack("<I", length) + entry).ljust(length, b"\0")
    attribute(path, "ntfs_ea", packed)


def fill_attributes():
    os.mkdir("attributes")
    os.chdir("attributes")
    write("of OS2", b"x")
    ea("of OS2", {"ONE": b"1", "user.two": b"22", "LONG": bytes(range(256)) * 4})
    for name, mode in (("owned", 0o100640), ("read-only", 0o100666), ("set-id", 0o106755), ("pipe", 0o010600)):
        write(name)
        ea(name, {"$LXUID": struct.pack("<I", 1234), "$LXGID": struct.pack("<I", 70000), "$LXMOD": struct.pack("<I", mode)})
    attribute("read-only", "ntfs_attrib", struct.pack("<I", 1))
    write("half owned")
    ea("half owned", {"$LXUID": struct.pack("<I", 1234)})
    attribute("half owned", "ntfs_object_id", bytes(range(16)))
    os.mkdir("folder")
    ea("folder", {"$LXUID": struct.pack("<I", 5), "$LXGID": struct.pack("<I", 6), "$LXMOD": struct.pack("<I", 0o40711)})
    os.chdir("..")


def fill_streams():
    os.mkdir("streams")
    os.chdir("streams")
    write("file", b"main")
    for name, data in (("one", b"first"), ("t\u00e4o", text(3000)), ("empty", b""), ("large", text(70_000)), ("middle", text(20_000)), ("Zone.Identifier", b"[ZoneTransfer]\r\n")):
        write("file:" + name, data)
    os.mkdir("folder")
    write("folder:its", b"of a folder")
    write("long name of a file")
    attribute("long name of a file", "ntfs_dos_name", b"LONGNA~1")
    attribute("file", "ntfs_object_id", bytes(range(64, 128)))
    os.chdir("..")


def resources(wim):
    def head(at):
        size, address, length = struct.unpack_from("<QQQ", wim, at)
        return size & (1 << 56) - 1, address, length, size >> 56

    _, table, length, _ = head(48)
    for at in range(table, table + length, 50):
        size, address, length, flags = head(at)
        if flags & 6 == 4:
            yield wim[address:address + size], length, wim[at + 30:at + 50]


def fill_overlay():
    os.mkdir("overlay")
    with tempfile.TemporaryDirectory() as folder, open("overlay/sums", "w") as sums:
        os.mkdir(folder + "/files")
        for name, data in (("text", text(100_000) + noise.randbytes(40_000)), ("small", text(700)), ("zeros", bytes(32768)), ("noise", noise.randbytes(40_000))):
            write(f"{folder}/files/{name}", data)
        shutil.copy("/usr/bin/wimcapture", folder + "/files")
        for compression, chunk, algorithm in ("XPRESS", 4096, 0), ("LZX", 32768, 1), ("XPRESS", 8192, 2), ("XPRESS", 16384, 3):
            subprocess.run(["wimcapture", folder + "/files", folder + "/wim", "--no-acls", f"--compress={compression}", f"--chunk-size={chunk}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for stored, length, sha1 in resources(open(folder + "/wim", "rb").read()):
                path = f"overlay/{compression}-{chunk}-{sha1.hex()[:8]}"
                with open(path, "wb") as f:
                    f.truncate(length)
                write(path + ":WofCompressedData", stored)
                reparse(path, 0x80000017, struct.pack("<IIII", 1, 2, 1, algorithm))
                sums.write(f"{sha1.hex()}  {path}\n")


os.chdir(sys.argv[1])
fill_compressed()
if "compressed" not in sys.argv:
    fill_links()
    fill_unusual()
    fill_attributes()
    fill_streams()
    fill_overlay()
