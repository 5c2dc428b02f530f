#!/usr/bin/env python3
"""firmware.py FOLDER
Writes the damaged cramfs, romfs, Android sparse and super images: build.sh calls it. The tree is that of the other images: what is wrong in
bad/ must leave good/ and top as they were."""
import hashlib, struct, sys, zlib

folder = sys.argv[1]

def text(word, size):
    lines = b"".join(b"%s %d\n" % (word.encode(), i) for i in range(size))
    return lines[:size]

tree = {"bad": {"file": text("bad", 5000), "other": text("bad", 9000)}, "good": {"file": text("good", 5000)}, "top": text("top", 12000)}

def write(name, data): open(f"{folder}/{name}.img", "wb").write(data)

# ---- romfs: headers in the order of the tree, each with its name, a checksum, and its contents ----

def sum32(data): return sum(struct.unpack(f">{len(data) // 4}I", data)) & 0xFFFFFFFF

class Romfs:
    def __init__(self):
        self.data, self.at = bytearray(b"-rom1fs-" + bytes(8) + b"test".ljust(16, b"\0")), {}
        self.root = len(self.data)
        self.header(".", 9, self.root, b"", "")
        self.directory(tree, self.root, "", self.root)

    def header(self, name, kind, target, contents, path):
        at = len(self.data)
        self.at[path] = at
        named = name.encode() + b"\0"
        self.data += struct.pack(">4I", kind, target, len(contents), 0) + named.ljust(len(named) + 15 & ~15, b"\0")
        self.data += contents.ljust(len(contents) + 15 & ~15, b"\0")
        return at

    def link(self, header, following): self.put(header, (self.get(header) & 15) | following)
    def get(self, at): return struct.unpack_from(">I", self.data, at)[0]
    def put(self, at, value): struct.pack_into(">I", self.data, at, value)

    def directory(self, entries, own, path, parent):
        last = own if not path else self.header(".", 0, own, b"", f"{path}/.")
        if path: self.put(own + 4, last)
        for name, what in [("..", None), *entries.items()]:
            below = f"{path}/{name}"
            if what is None: new = self.header(name, 0, parent, b"", below)
            elif isinstance(what, dict): new = self.header(name, 9, 0, b"", below)
            else: new = self.header(name, 2, 0, what, below)
            self.link(last, new)
            last = new
            if isinstance(what, dict): self.directory(what, new, below, own)

    def finish(self, *wrong):
        self.data += bytes(-len(self.data) % 1024)
        for at in self.at.values():
            end = at + 16 + (self.data[at + 16:].index(0) + 16 & ~15)
            self.put(at + 12, 0)
            self.put(at + 12, -sum32(self.data[at:end]) & 0xFFFFFFFF)
        self.put(8, len(self.data))
        self.put(12, -sum32(self.data[:512]) & 0xFFFFFFFF)
        for at, value in wrong: self.put(at, value)
        return bytes(self.data)

write("romfs-good", Romfs().finish())
write("romfs-sum", Romfs().finish((12, 1)))
image = Romfs()
image.link(image.at["/bad/other"], image.at["/bad/file"])
write("romfs-header-loop", image.finish())
image = Romfs()
image.put(image.at["/bad/other"] + 8, 0x7FFFFFFF)
write("romfs-file-past-end", image.finish())

# ---- cramfs: directories first, then pointers and blocks of each file ----

class Cramfs:
    block = 4096

    def __init__(self, streams=None):
        self.data, self.at, self.offset, self.streams = bytearray(76), {}, {}, streams or {}
        self.inode(64, 0o40755, 0, 0, 0)
        self.directory(64, tree, "")
        self.files(tree, "")

    def inode(self, at, mode, size, name, offset): struct.pack_into("<III", self.data, at, mode, size, name | offset // 4 << 6)

    def directory(self, own, entries, path):
        start = len(self.data)
        for name in sorted(entries):
            self.at[f"{path}/{name}"] = len(self.data)
            self.data += bytes(12) + name.encode().ljust(len(name) + 3 & ~3, b"\0")
        size = len(self.data) - start
        mode, _, name = struct.unpack_from("<III", self.data, own)
        self.inode(own, mode, size, name & 63, start)
        self.offset[path] = (start, size)
        for name in sorted(entries):
            at, what = self.at[f"{path}/{name}"], entries[name]
            self.inode(at, 0o40755 if isinstance(what, dict) else 0o100644, 0, (len(name) + 3) // 4, 0)
            if isinstance(what, dict): self.directory(at, what, f"{path}/{name}")

    def files(self, entries, path):
        for name in sorted(entries):
            below, what = f"{path}/{name}", entries[name]
            if isinstance(what, dict):
                self.files(what, below)
                continue
            start = self.offset[below] = len(self.data)
            self.inode(self.at[below], 0o100644, len(what), (len(name) + 3) // 4, start)
            blocks = [what[i:i + self.block] for i in range(0, len(what), self.block)]
            self.data += bytes(4 * len(blocks))
            for i, part in enumerate(blocks):
                self.data += self.streams.get((below, i)) or zlib.compress(part, 9)
                struct.pack_into("<I", self.data, start + 4 * i, len(self.data))
            self.data += bytes(-len(self.data) % 4)

    def finish(self, *wrong, size=None):
        for at, value in wrong: struct.pack_into("<I", self.data, at, value)
        self.data += bytes(-len(self.data) % 4096)
        struct.pack_into("<4I16s", self.data, 0, 0x28CD3D45, len(self.data), 3, 0, b"Compressed ROMFS")
        struct.pack_into("<4I16s", self.data, 32, 0, 0, 11, 7, b"test")
        struct.pack_into("<I", self.data, 32, zlib.crc32(bytes(self.data)))
        if size is not None: struct.pack_into("<I", self.data, 4, size)
        return bytes(self.data)

write("cramfs-good", Cramfs().finish())
write("cramfs-size", Cramfs().finish(size=10))
image = Cramfs()
write("cramfs-pointer-past-end", image.finish((image.offset["/bad/other"] + 4, 0x0FFFFFFC)))
image = Cramfs()
start, size = image.offset["/bad"]
image.inode(image.at["/bad/other"], 0o40755, size, 2, start)
write("cramfs-is-its-parent", image.finish())
write("cramfs-bomb", Cramfs({("/bad/other", 0): zlib.compress(bytes(1 << 22), 9)}).finish())

# ---- Android: a chunk that ends behind the disk, metadata without a right checksum, and with one that describes too much ----

def chunk(kind, blocks, data=b""): return struct.pack("<HHII", kind, 0, blocks, 12 + len(data)) + data
write("android-sparse-chunk-past-end", struct.pack("<IHHHHIIII", 0xED26FF3A, 1, 0, 28, 12, 4096, 4, 2, 0)
      + chunk(0xCAC1, 1, text("sparse", 4096)) + chunk(0xCAC2, 0xFFFFFFFF, b"fill"))

def summed(data, place): return data[:place] + hashlib.sha256(data[:place] + bytes(32) + data[place + 32:]).digest() + data[place + 32:]
def super_image(name, change, partitions):
    geometry = summed(struct.pack("<II32s3I", 0x616C4467, 52, b"", 4096, 1, 4096), 8)
    geometry = geometry[:8] + bytes([geometry[8] ^ change]) + geometry[9:]
    tables = struct.pack("<36s4I", b"system_a", 1, 0, 1, 0) + struct.pack("<QIQI", 8, 0, 128, 0) + struct.pack("<36sIQ", b"default", 0, 0)
    tables += struct.pack("<QIIQ36sI", 128, 4096, 0, 128 << 10, b"super", 0)
    header = struct.pack("<IHHI32sI32s", 0x414C5030, 10, 0, 128, b"", len(tables), hashlib.sha256(tables).digest())
    header = summed(header + struct.pack("<12I", 0, partitions, 52, 52, 1, 24, 76, 1, 48, 124, 1, 64), 12)
    data = bytearray(128 << 10)
    for place in (4096, 8192): data[place:place + 52] = geometry
    for place in (12288, 16384): data[place:place + len(header) + len(tables)] = header + tables
    write(name, data)
super_image("android-super-sums", 1, 1)
super_image("android-super-tables", 0, 0x7FFFFFFF)
