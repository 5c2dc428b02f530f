using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>An ext4 image with a file "pieces" of which no two blocks are neighbours.</summary>
internal static class FragmentedFile
{
    private const int BlockSize = 1024;

    // Everything is taken, then every other block is given back: what is written now can lie nowhere else.
    private const string Script =
        """
        import ctypes, os, sys
        image, source, pieces = sys.argv[1], sys.argv[2], int(sys.argv[3])
        block, keep_size, punch_hole = 1024, 1, 2
        libc = ctypes.CDLL(None, use_errno=True)
        libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
        def allocate(f, mode, offset, length):
            if libc.fallocate(f, mode, offset, length): raise OSError(ctypes.get_errno(), "fallocate")
        spare = os.open("spare", os.O_WRONLY | os.O_CREAT, 0o644)
        space = os.statvfs(".")
        allocate(spare, 0, 0, (space.f_bavail - 400) * block)
        os.fsync(spare)
        taken = os.open("taken", os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            while True: os.write(taken, b"x" * block); os.fsync(taken) if os.fstat(taken).st_size % (64 * block) == 0 else None
        except OSError: pass
        for i in range(pieces + 600): allocate(spare, punch_hole | keep_size, i * 2 * block, block)
        os.sync()
        data = b"".join(b"piece %d\n" % i for i in range(pieces * 80))[:pieces * block]
        with open("pieces", "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        with open(source, "wb") as f: f.write(data)
        """;

    /// <summary>Makes the image, and a copy of the file's bytes.</summary>
    /// <param name="image">The image's file.</param>
    /// <param name="source">The copy's file.</param>
    /// <param name="pieces">How many blocks the file has; they are extents of their own.</param>
    public static void Make(string image, string source, int pieces)
    {
        Need.Program("mke2fs", "e2fsprogs");
        Need.Program("python3", "python3");
        Tool.Shell("truncate -s 32M \"$1\" && exec mke2fs -q -F -t ext4 -b 1024 -m 0 -O ^has_journal \"$1\"", image).Succeeded();
        using (var device = new LoopDevice(image))
        using (var mount = new KernelMount(device.Path, "ext4", "rw,nodelalloc"))
        {
            Tool.Shell("cd \"$1\" && exec python3 -c \"$2\" \"$3\" \"$4\" \"$5\"", mount.Directory, Script, image, source, $"{pieces}").Succeeded();
            string told = Tool.Shell("filefrag \"$1\" | sed 's/.*: \\([0-9]*\\) extents.*/\\1/'", mount["pieces"]).Succeeded().Text;
            Assert.That(int.Parse(told, CultureInfo.InvariantCulture), Is.GreaterThan(pieces * 95 / 100), "the file is in too few pieces for its test");
        }

        Assert.That(new FileInfo(source).Length, Is.EqualTo(pieces * BlockSize));
    }
}
