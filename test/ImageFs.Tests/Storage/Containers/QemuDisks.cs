using ImageFs.Storage;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>What the tests of formats that qemu writes have in common.</summary>
public abstract class QemuDisks
{
    /// <summary>Bytes of the disk that most tests begin with.</summary>
    protected const int Length = (9 << 20) + (3 * 512);

    private protected DiskFolder Folder { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Folder = new DiskFolder();

    [TearDown]
    public void RemoveFolder() => Folder.Dispose();

    /// <summary>Writes, zeros and discards of random places.</summary>
    protected static IEnumerable<string> RandomCommands(int count, int seed, int length = Length)
    {
        var random = new Random(seed);
        for (int i = 1; i <= count; i++)
        {
            int start = random.Next(length / 512) * 512;
            int written = Math.Min(random.Next(1, 300) * 512, length - start);
            yield return random.Next(6) switch
            {
                0 => $"write -z {start} {written}",
                1 => $"write -z -u {start} {written}",
                2 => $"discard {start} {written}",
                _ => $"write -P {(i % 255) + 1} {start} {written}",
            };
        }
    }

    /// <summary>Converts the source, and holds the disk against qemu's reading: some formats round the length up.</summary>
    private protected void AssertConverts(string format, string options, params string[] flags)
    {
        byte[] bytes = Folder.WriteSource(Length);
        Folder.Image(["convert", .. flags, "-O", format, "-o", options, DiskFolder.Source, "disk"]);
        byte[] expected = Folder.Convert("disk", "-f", format);
        Assert.That(expected.AsSpan().StartsWith(bytes), Is.True);
        DiskAssert.Holds(Folder.Open("disk"), expected);
    }

    /// <summary>Writes here and there, and holds the disk against qemu's reading.</summary>
    private protected BlockSource AssertWrites(string format, string options, int seed)
    {
        Folder.Image("create", "-f", format, "-o", options, "disk", $"{Length}");
        Folder.Io("disk", format, [.. RandomCommands(60, seed)]);
        byte[] expected = Folder.Convert("disk");
        Assert.That(expected.Count(value => value != 0), Is.GreaterThan(100_000));
        BlockSource disk = Folder.Open("disk");
        DiskAssert.Holds(disk, expected);
        return disk;
    }

    /// <summary>Bytes of a file in the folder.</summary>
    private protected byte[] Read(string name) => File.ReadAllBytes(Folder[name]);

    /// <summary>Writes a file into the folder.</summary>
    private protected void Write(string name, byte[] bytes) => File.WriteAllBytes(Folder[name], bytes);
}
