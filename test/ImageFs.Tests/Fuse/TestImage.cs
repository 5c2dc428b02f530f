using ImageFs.Storage;

namespace ImageFs.Tests.Fuse;

/// <summary>An image file of random bytes, and files laid out in it. The file is removed when disposed.</summary>
internal sealed class TestImage : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"imagefs-test-{Guid.NewGuid():N}");

    public TestImage(int length)
    {
        Bytes = new byte[length];
        new Random(length).NextBytes(Bytes);
        File.WriteAllBytes(_path, Bytes);
        Device = FileDevice.Open(_path);
    }

    public string FilePath => _path;

    public byte[] Bytes { get; }

    public FileDevice Device { get; }

    /// <summary>A file of runs of the image, each an address and a length.</summary>
    public MappedSource Layout(params (long Address, long Length)[] runs)
    {
        var map = new ExtentMapBuilder();
        foreach ((long address, long length) in runs)
        {
            map.AppendMapped(length, address);
        }

        return new MappedSource(Device, map.Build());
    }

    public void Truncate(long length)
    {
        using FileStream file = File.OpenWrite(_path);
        file.SetLength(length);
    }

    public void Dispose()
    {
        Device.Dispose();
        File.Delete(_path);
    }

    /// <summary>What a source holds, by the way that has nothing to do with splicing.</summary>
    public static byte[] Contents(BlockSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.ReadAt(0, bytes);
        return bytes;
    }
}
