using System.Globalization;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Small replies come from the image's mapped pages: what stays mapped is bounded, and the rest the kernel may drop.</summary>
[NonParallelizable]
internal sealed class MappingTests
{
    private const long Length = 1L << 30;

    // 8 MiB of small replies, and the 15 pages beside each page of them that the kernel maps with it; and some room.
    private const long MaxMapped = (128 + 16) << 20;

    // 8,192 blocks of 4 KiB all over a file, past the mount's cache.
    private const string Reader =
        """
        import mmap, os, random, sys
        fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT)
        block = mmap.mmap(-1, 4096)
        places = random.Random(1).sample(range(os.fstat(fd).st_size // 4096), 8192)
        if any(os.preadv(fd, [block], place * 4096) != 4096 for place in places): sys.exit("short")
        """;

    private const string Dropper =
        """
        import os, sys
        os.posix_fadvise(os.open(sys.argv[1], os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)
        """;

    [Test]
    [CancelAfter(Limits.Test)]
    public void After_reading_all_over_an_image_little_of_it_is_mapped_and_its_pages_can_be_dropped()
    {
        Need.Program("python3", "python3");
        Need.Program("genisoimage", "genisoimage");
        Need.Program("fincore", "util-linux-extra");
        using var folder = new TestFolder();
        string image = folder["image.iso"];
        const string Script =
            "cd \"$2\" && mkdir t && truncate -s \"$3\" t/big && genisoimage -quiet -R t | dd of=\"$1\" bs=1M iflag=fullblock conv=sparse status=none";
        Tool.Shell(Script, image, folder.Path, $"{Length}").Succeeded();

        using var mount = ImageMount.MountInForeground(image);
        Tool.Run("stat", mount["big"]).Succeeded();
        long before = Mapped(mount.Server!.Id);
        Tool.Run("python3", "-c", Reader, mount["big"]).Succeeded();
        Assert.That(Mapped(mount.Server.Id) - before, Is.LessThan(MaxMapped));
        Assert.That(Cached(image), Is.GreaterThan(MaxMapped), "the image was read through its cache");

        Tool.Run("python3", "-c", Dropper, image).Succeeded();
        Assert.That(Cached(image), Is.LessThan(MaxMapped));
    }

    // Bytes of files that a process has mapped, and of its page tables.
    private static long Mapped(int process) =>
        File.ReadLines($"/proc/{process}/status")
            .Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words[0] is "RssFile:" or "VmPTE:")
            .Sum(words => 1024 * long.Parse(words[1], CultureInfo.InvariantCulture));

    private static long Cached(string path) =>
        long.Parse(Tool.Run("fincore", "-b", "-n", "-o", "RES", path).Succeeded().Text.Trim(), CultureInfo.InvariantCulture);
}
