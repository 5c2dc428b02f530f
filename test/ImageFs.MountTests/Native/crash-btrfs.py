"""crash-btrfs.py DIRECTORY IMAGE FOLDER SEED COUNT [NAME...]: what fsync leaves in the log of Btrfs, and nothing else.

DIRECTORY is the root of a mounted Btrfs volume, IMAGE what it lies in. For each scenario, and for COUNT random ones, a subvolume is filled and
committed; then it is changed, files and directories are fsynced, and the image is copied to FOLDER as it is at that moment: as after a crash.
"""
import ctypes, fcntl, os, random, struct, subprocess, sys

KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16
FICLONERANGE = 0x4020940D
SECTOR = 4096
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
libc.renameat2.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]


# ---- calls ----

def data(word, length):
    return (word.encode() + b" ") * (length // (len(word) + 1) + 1)


def write(path, length=0, at=0, word="data"):
    f = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    if length:
        os.pwrite(f, data(word, length)[:length], at)
    os.close(f)


def allocate(path, mode, offset, length):
    f = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    if libc.fallocate(f, mode, offset, length):
        raise OSError(ctypes.get_errno(), f"fallocate {path}")
    os.close(f)


def clone(source, path, offset=0, length=0, to=0):
    s, f = os.open(source, os.O_RDONLY), os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        fcntl.ioctl(f, FICLONERANGE, struct.pack("=qQQQ", s, offset, length, to))
    finally:
        os.close(s), os.close(f)


def fsync(path, only_data=False):
    f = os.open(path, os.O_RDONLY)
    (os.fdatasync if only_data else os.fsync)(f)
    os.close(f)


def exchange(one, other):
    if libc.renameat2(-100, one.encode(), -100, other.encode(), 2):
        raise OSError(ctypes.get_errno(), "renameat2")


def btrfs(*arguments):
    subprocess.run(["btrfs", *arguments], check=True, stdout=subprocess.DEVNULL, timeout=60)


def commit():
    btrfs("filesystem", "sync", ".")


# ---- scenarios: what is before "yield" is committed ----

def new_file():
    yield
    write("new", 10_000)
    fsync("new")


def new_small_file():
    yield
    write("new", 100)
    os.mkdir("a")
    write("a/b", 2000)
    fsync("new"), fsync("a/b")


def overwritten():
    write("file", 100_000)
    yield
    write("file", 5000, 20_000, "again")
    fsync("file")
    write("file", 5000, 50_000, "never synced")


def appended_twice():
    write("file", 1000)
    yield
    write("file", 3000, 1000)
    fsync("file")
    write("file", 90_000, 4000)
    fsync("file", True)


def truncated():
    write("file", 200_000), write("shorter", 200_000), write("inline", 2000)
    yield
    os.truncate("file", 50_001), os.truncate("shorter", 0), os.truncate("inline", 10)
    fsync("file"), fsync("shorter"), fsync("inline")


def truncated_and_longer():
    write("file", 200_000)
    yield
    os.truncate("file", 5000)
    os.truncate("file", 300_000)
    fsync("file")


def punched():
    write("file", 300_000)
    yield
    allocate("file", PUNCH_HOLE | KEEP_SIZE, 10_000, 50_000)
    allocate("file", ZERO_RANGE, 100_000, 30_000)
    fsync("file")


def hole_behind():
    write("file", 65_536), write("other", 65_536)
    yield
    os.truncate("file", 1 << 20)
    write("other", 10, 500_000)
    fsync("file"), fsync("other")


def preallocated():
    write("file", 10_000), write("all", 0)
    yield
    allocate("file", KEEP_SIZE, 10_000, 200_000)
    allocate("all", 0, 0, 100_000)
    write("all", 4096, 40_960)
    fsync("file"), fsync("all")


def preallocated_before():
    allocate("file", KEEP_SIZE, 0, 400_000)
    yield
    write("file", 8000, 16_384)
    fsync("file")


def preallocated_and_truncated():
    write("file", 262_144)
    allocate("file", KEEP_SIZE, 262_144, 262_144)
    yield
    os.truncate("file", 100_000)
    allocate("file", KEEP_SIZE, 131_072, 50_000)
    fsync("file")


def shared():
    write("file", 200_000)
    yield
    clone("file", "copy"), clone("file", "part", 8192, 16_384, 65_536)
    fsync("copy"), fsync("part")


def shared_with_itself():
    write("file", 65_536)
    yield
    write("file", 65_536, 0, "new")
    clone("file", "file", 0, 65_536, 131_072), clone("file", "file", 4096, 8192, 262_144)
    fsync("file")


def compressed():
    os.mkdir("c")
    os.setxattr("c", "btrfs.compression", b"zstd")
    write("c/before", 300_000)
    yield
    write("c/before", 20_000, 100_000, "more"), write("c/new", 500_000), write("c/small", 2000)
    fsync("c/before"), fsync("c/new"), fsync("c/small")


def renamed():
    write("a", 1000)
    yield
    os.rename("a", "b")
    fsync("b")


def renamed_and_new():
    write("a", 1000)
    yield
    os.rename("a", "b")
    write("a", 2000, 0, "other")
    fsync("a")


def renamed_over():
    write("a", 1000), write("b", 2000)
    yield
    os.rename("a", "b")
    fsync("b")


def renamed_to_directory():
    os.mkdir("x"), os.mkdir("y"), write("x/a", 1000)
    yield
    os.rename("x/a", "y/b")
    fsync("y/b"), fsync("x")


def renamed_directory():
    os.makedirs("x/sub"), write("x/sub/file", 100), os.mkdir("y")
    yield
    os.rename("x/sub", "y/moved")
    write("y/moved/file", 3000)
    fsync("y/moved/file")


def renamed_after_fsync():
    write("a", 1000), os.mkdir("d")
    yield
    write("a", 3000)
    fsync("a")
    os.rename("a", "d/b")
    write("other", 10), fsync("other")


def exchanged():
    write("a", 1000, 0, "a"), write("b", 2000, 0, "b")
    yield
    exchange("a", "b")
    fsync("a")


def exchanged_directories():
    os.mkdir("a"), os.mkdir("b"), write("a/in a", 10), write("b/in b", 10)
    yield
    exchange("a", "b")
    write("a/more", 10)
    fsync("a"), fsync("a/more")


def linked():
    write("a", 1000)
    yield
    os.link("a", "b")
    write("a", 3000)
    fsync("a")


def linked_and_unlinked():
    write("a", 1000), os.link("a", "b"), os.link("a", "c")
    yield
    os.unlink("b"), os.link("a", "d")
    write("a", 10, 5000)
    fsync("a")


def linked_elsewhere():
    os.mkdir("d"), write("a", 1000), os.link("a", "d/b")
    yield
    os.unlink("a"), os.link("d/b", "d/c")
    fsync("d/b"), fsync("d")


def many_links():
    write("a", 1000)
    for i in range(100):
        os.link("a", f"{i:03d}" + "l" * 200)
    yield
    for i in range(0, 100, 3):
        os.unlink(f"{i:03d}" + "l" * 200)
    for i in range(100, 140):
        os.link("a", f"{i:03d}" + "m" * 200)
    write("a", 10)
    fsync("a")


def unlinked_name_again():
    write("a", 1000, 0, "old"), os.link("a", "kept")
    yield
    os.unlink("a")
    write("a", 2000, 0, "new")
    fsync("a")


def unlinked_and_directory():
    os.mkdir("d")
    for i in range(20):
        write(f"d/{i}", 100 * i)
    yield
    for i in range(0, 20, 3):
        os.unlink(f"d/{i}")
    write("d/new", 10)
    fsync("d")


def linked_directory_fsync():
    os.mkdir("d"), write("d/foo", 100), write("d/bar", 100)
    yield
    os.link("d/bar", "d/bar link"), os.link("d/foo", "d/foo link")
    fsync("d/bar")


def directory_of_new_files():
    os.mkdir("d")
    yield
    for i in range(30):
        write(f"d/{i}", 100 * i)
    os.mkdir("d/sub"), write("d/sub/file", 10), os.symlink("target", "d/link"), os.mkfifo("d/fifo")
    fsync("d")


def new_directories():
    yield
    os.makedirs("a/b/c")
    write("a/b/c/file", 5000), write("a/b/other", 1)
    fsync("a/b/c/file")


def new_directory_fsync():
    yield
    os.makedirs("a/b/c")
    write("a/file", 5000), os.link("a/file", "a/b/link")
    fsync("a"), fsync("a/b")


def many_names():
    os.mkdir("d")
    for i in range(400):
        write(f"d/a rather long name of file {i}")
    yield
    for i in range(0, 400, 2):
        os.unlink(f"d/a rather long name of file {i}")
    for i in range(300):
        write(f"d/a new name of file {i}")
    fsync("d")


def removed_directory():
    os.makedirs("d/e/f"), write("d/e/f/file", 100), write("d/e/file", 10)
    yield
    os.unlink("d/e/f/file"), os.rmdir("d/e/f"), os.unlink("d/e/file"), os.rmdir("d/e")
    write("d/new", 10)
    fsync("d")


def directory_in_the_place_of_a_file():
    write("a", 1000), os.mkdir("b")
    yield
    os.unlink("a"), os.mkdir("a"), os.rmdir("b"), write("b", 100)
    write("a/in", 100)
    fsync("a/in"), fsync("b")


def attributes():
    write("file", 100)
    for i in range(10):
        os.setxattr("file", f"user.{i}", b"v%d" % i)
    os.mkdir("d"), os.setxattr("d", "user.d", b"1")
    yield
    os.setxattr("file", "user.3", b"changed and longer"), os.removexattr("file", "user.5"), os.setxattr("file", "user.new", b"n")
    os.setxattr("d", "user.e", b"2"), os.removexattr("d", "user.d")
    os.chmod("file", 0o600), os.chown("file", 5, 6)
    fsync("file"), fsync("d")


def attributes_gone():
    write("file", 100), os.setxattr("file", "user.a", b"1"), os.setxattr("file", "user.b", b"2")
    yield
    os.removexattr("file", "user.a"), os.removexattr("file", "user.b")
    fsync("file")


def only_times():
    write("file", 100)
    yield
    os.utime("file", ns=(10**18, 10**18 + 1)), os.chmod("file", 0o4711)
    fsync("file")


def symbolic_links():
    os.symlink("old", "link")
    yield
    os.unlink("link"), os.symlink("new", "link"), os.symlink("x" * 1000, "another")
    write("file", 1), fsync("file"), fsync(".")


def special_files():
    yield
    os.mkfifo("fifo"), os.mknod("null", 0o20666, os.makedev(1, 3)), write("file", 1)
    fsync("."), fsync("file")


def data_without_checksums():
    write("file"), subprocess.run(["chattr", "+C", "file"], check=True), write("file", 100_000)
    yield
    write("file", 5000, 10_000, "again"), write("file", 5000, 200_000)
    fsync("file")


def temporary_file():
    os.mkdir("d")
    yield
    f = os.open("d", os.O_TMPFILE | os.O_RDWR, 0o644)
    os.write(f, b"temporary")
    os.fsync(f)
    write("file", 1), fsync("file")
    if libc.linkat(-100, f"/proc/self/fd/{f}".encode(), -100, b"named", 0x400):
        raise OSError(ctypes.get_errno(), "linkat")
    os.fsync(f), os.close(f)


def two_subvolumes():
    btrfs("subvolume", "create", "nested")
    write("nested/a", 1000), write("a", 1000)
    yield
    write("nested/a", 30_000), write("nested/b", 100), write("a", 50_000), os.rename("a", "c")
    fsync("nested/a"), fsync("nested/b"), fsync("c")


def fragments():
    write("file", 1)
    yield
    for i in range(600):
        write("file", SECTOR, i * 3 * SECTOR)
        if i % 100 == 0:
            fsync("file")
    fsync("file")


def only_exists():
    os.mkdir("d"), write("a", 5000), write("b", 5000)
    yield
    write("a", 50_000), os.rename("a", "d/a"), os.link("b", "d/b"), write("b", 60_000)
    fsync("d")


def fsynced_then_exists():
    os.mkdir("d"), write("a", 5000)
    yield
    write("a", 50_000), fsync("a")
    write("a", 100_000, 50_000), os.link("a", "d/a")
    fsync("d")


SCENARIOS = [f for name, f in list(globals().items()) if callable(f) and getattr(f, "__code__", None) is not None and f.__code__.co_flags & 0x20]


# ---- random ones ----

def random_round(noise):
    names = [f"{d}{n}" for d in ("", "d0/", "d1/", "d0/s/") for n in ("a", "b", "c", "e", "f")]
    directories = [".", "d0", "d1", "d0/s"]
    os.makedirs("d0/s"), os.mkdir("d1")
    for name in names:
        if noise.random() < 0.7:
            write(name, noise.choice((0, 100, 3000, 20_000, 100_000)), 0, name)
    for _ in range(5):
        attempt(lambda: os.link(noise.choice(names), noise.choice(names)))
    for _ in range(5):
        attempt(lambda: os.setxattr(noise.choice(names), f"user.{noise.randrange(4)}", b"before"))
    yield
    steps = [
        lambda: write(noise.choice(names), noise.choice((10, 3000, 50_000)), noise.choice((0, 0, 4096, 9000, 150_000)), f"{noise.random()}"),
        lambda: write(noise.choice(names), noise.choice((10, 3000, 50_000)), noise.choice((0, 0, 4096, 9000, 150_000)), f"{noise.random()}"),
        lambda: os.truncate(noise.choice(names), noise.choice((0, 50, 5000, 70_000))),
        lambda: allocate(noise.choice(names), noise.choice((0, KEEP_SIZE, PUNCH_HOLE | KEEP_SIZE, ZERO_RANGE)), noise.randrange(100_000), 1 + noise.randrange(50_000)),
        lambda: clone(noise.choice(names), noise.choice(names), 4096 * noise.randrange(4), 4096, 4096 * noise.randrange(20)),
        lambda: os.rename(noise.choice(names), noise.choice(names)),
        lambda: os.rename(noise.choice(names), noise.choice(names)),
        lambda: exchange(noise.choice(names), noise.choice(names)),
        lambda: os.rename("d0/s", "d1/s") if os.path.exists("d0/s") else os.rename("d1/s", "d0/s"),
        lambda: os.link(noise.choice(names), noise.choice(names)),
        lambda: os.link(noise.choice(names), noise.choice(names)),
        lambda: os.unlink(noise.choice(names)),
        lambda: os.unlink(noise.choice(names)),
        lambda: os.mkdir(noise.choice(names)),
        lambda: os.rmdir(noise.choice(names)),
        lambda: os.symlink(noise.choice(names), noise.choice(names)),
        lambda: os.setxattr(noise.choice(names), f"user.{noise.randrange(4)}", noise.randbytes(noise.randrange(60))),
        lambda: os.removexattr(noise.choice(names), f"user.{noise.randrange(4)}"),
        lambda: os.chmod(noise.choice(names), noise.choice((0o600, 0o644, 0o755))),
        lambda: fsync(noise.choice(names)),
        lambda: fsync(noise.choice(names), True),
        lambda: fsync(noise.choice(directories)),
    ]
    for _ in range(noise.choice((3, 8, 20, 60))):
        attempt(noise.choice(steps))
    for _ in range(noise.randrange(1, 4)):
        attempt(lambda: fsync(noise.choice([n for n in names + directories if os.path.exists(n)])))


def attempt(step):
    try:
        step()
    except OSError:
        pass


# ---- running them ----

def run(name, scenario, root, image, folder):
    os.chdir(root)
    btrfs("subvolume", "create", name)
    os.chdir(name)
    steps = scenario()
    next(steps)
    commit()
    for _ in steps:
        pass
    subprocess.run(["cp", "--sparse=always", image, f"{folder}/{name}.img"], check=True)
    commit()
    print(name)


def main():
    root, image, folder, seed, count = sys.argv[1:6]
    os.umask(0o022)
    chosen = sys.argv[6:]
    for scenario in SCENARIOS:
        if scenario is not random_round and (not chosen or scenario.__name__ in chosen):
            run(scenario.__name__, scenario, root, image, folder)
    for i in range(int(count)):
        noise = random.Random(f"{seed}/{i}")
        run(f"random{seed}-{i}", lambda: random_round(noise), root, image, folder)


main()
