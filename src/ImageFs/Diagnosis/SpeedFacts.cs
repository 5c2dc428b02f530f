using ImageFs.Confinement;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Diagnosis;

/// <summary>What decides how fast a mount is, how safe, and which images can be read.</summary>
internal static class SpeedFacts
{
    // What a reply of the largest size takes in a pipe: its pages, and one for the header.
    private const long GoodPipe = 1 << 20;
    private const int PageSize = 4096;
    private const int GoodPages = 128;

    /// <summary>Looks at this system.</summary>
    public static IEnumerable<Fact> Find()
    {
        yield return new Fact("kernel", Health.Note, Kernel.Release);
        foreach (Fact fact in FindEngines())
        {
            yield return fact;
        }

        yield return Sandbox.Missing is { Length: > 0 } missing
            ? new Fact("sandbox", Health.Limited, $"of -o sandbox=strict is missing: {missing}")
            : new Fact("sandbox", Health.Good, "all of -o sandbox=strict is there: servers and commands give up their rights before they look at an image");
        yield return FindRings();
        yield return FindPipes();
        if (Kernel.ReadNumber("/proc/sys/fs/pipe-user-pages-soft") is { } pages)
        {
            yield return pages == 0 || pages * PageSize >= 4 * GoodPipe
                ? new Fact("pipe-user-pages", Health.Good, pages == 0 ? "no limit" : $"{ByteSize.Text(pages * PageSize)} for all pipes of a user")
                : new Fact("pipe-user-pages", Health.Limited, $"{ByteSize.Text(pages * PageSize)} for all pipes of a user", "sysctl fs.pipe-user-pages-soft=16384");
        }

        if (Kernel.ReadNumber("/proc/sys/fs/fuse/max_pages_limit") is { } limit)
        {
            yield return limit >= GoodPages
                ? new Fact("max_pages_limit", Health.Good, $"a reply may have {ByteSize.Text(limit * PageSize)}")
                : new Fact("max_pages_limit", Health.Limited, $"a reply may have {ByteSize.Text(limit * PageSize)}", $"sysctl fs.fuse.max_pages_limit=256");
        }

        foreach (Codec codec in Codecs.All.Where(codec => codec.Library is not null))
        {
            yield return codec.IsAvailable
                ? new Fact(codec.Library!, Health.Good, $"found: what is compressed with {codec.Name} can be read")
                : new Fact(codec.Library!, Health.Limited, $"not found: what is compressed with {codec.Name} cannot be read", $"install the package that has {codec.Library}");
        }

        yield return Deflate.IsThere
            ? new Fact(Deflate.Library, Health.Good, "found: what is deflated (zlib, gzip) is decoded by it")
            : new Fact(Deflate.Library, Health.Note, "not found: what is deflated (zlib, gzip) is decoded at half the speed", "install it (Debian's package libdeflate0)");
        yield return FindLibrary(Libcrypto.Library, Libcrypto.Package, "encrypted volumes (LUKS, BitLocker)");
        yield return FindLibrary(Libssl.Library, Libssl.Package, "images on servers that speak TLS (https, nbds) and those with SHA-256 (Btrfs, Android)");
        yield return FindLibrary(Argon2.Library, Argon2.Package, "LUKS2 volumes whose key is derived by Argon2");
    }

    private static Fact FindLibrary(string name, string package, string use) => SystemLibrary.IsThere(name)
        ? new Fact(name, Health.Good, $"found: {use} can be opened")
        : new Fact(name, Health.Limited, $"not found: {use} cannot be opened", $"install it (Debian's package {package})");

    private static IEnumerable<Fact> FindEngines()
    {
        EngineWay? way = null;
        string reason = string.Empty;
        try
        {
            way = EngineProbe.Run();
        }
        catch (EngineException e)
        {
            reason = e.Message;
        }

        const string Needed = "Linux 6.12, with its fixes of February 2026";
        yield return way switch
        {
            EngineWay.Files => new Fact("engine=kernel", Health.Good, "works: Linux reads images by itself, at its own speed"),
            EngineWay.Loops => new Fact("engine=kernel", Health.Limited, "works with loop devices only: this kernel takes no files, or gives zeros for what a file lacks", Needed),
            _ => new Fact("engine=kernel", Health.Note, $"does not work: {reason}"),
        };
        yield return way switch
        {
            EngineWay.Files => new Fact("passthrough", Health.Good, "works, if this kernel was built with CONFIG_FUSE_PASSTHROUGH"),
            EngineWay.Loops => new Fact("passthrough", Health.Note, "does not work: this kernel's EROFS takes no files, or gives zeros for what a file lacks", Needed),
            _ => new Fact("passthrough", Health.Note, $"does not work: {reason}"),
        };
    }

    private static Fact FindRings() => Kernel.Read("/sys/module/fuse/parameters/enable_uring") switch
    {
        "Y" or "1" => Kernel.ReadNumber("/proc/sys/kernel/io_uring_disabled") is null or 0
            ? new Fact("FUSE over io_uring", Health.Good, "enabled: -o transport=uring makes small reads faster")
            : new Fact("FUSE over io_uring", Health.Note, "enabled, but kernel.io_uring_disabled forbids io_uring"),
        "N" or "0" => new Fact("FUSE over io_uring", Health.Note, "off", "echo Y >/sys/module/fuse/parameters/enable_uring, and mount -o transport=uring, make small reads faster"),
        _ => new Fact("FUSE over io_uring", Health.Note, "this kernel has none (Linux 6.14 and later)"),
    };

    private static Fact FindPipes()
    {
        long? size = Kernel.ReadNumber("/proc/sys/fs/pipe-max-size");
        return size is null or >= GoodPipe
            ? new Fact("pipe-max-size", Health.Good, size is null ? "unknown" : $"{ByteSize.Text(size.Value)}: large replies are spliced")
            : new Fact("pipe-max-size", Health.Limited, $"{ByteSize.Text(size.Value)}: larger replies are copied", $"sysctl fs.pipe-max-size={GoodPipe}");
    }
}
