using ImageFs.MountTests.Oracles;

namespace ImageFs.MountTests.Support;

/// <summary>A partitioned disk with file systems of images/ in its partitions.</summary>
internal sealed class TestDisk : IDisposable
{
    private readonly TestFolder _folder = new();

    private TestDisk(int mebibytes, string script, int sectorSize, (int Partition, string Image)[] contents)
    {
        Path = _folder["disk.img"];
        Contents = contents.ToDictionary(content => content.Partition, content => content.Image);
        Sfdisk.Write(Path, mebibytes, script, sectorSize);
        Table = Sfdisk.Read(Path, sectorSize);
        foreach ((int number, string image) in contents)
        {
            const string Script = "dd if=\"$1\" of=\"$2\" bs=64K oflag=seek_bytes seek=\"$3\" conv=notrunc,sparse status=none";
            Tool.Shell(Script, TestImages.Get(image), Path, $"{this[number].Start}").Succeeded();
        }
    }

    /// <summary>The disk's file.</summary>
    public string Path { get; }

    /// <summary>What sfdisk reads of it.</summary>
    public Sfdisk.Table Table { get; }

    /// <summary>The names of the images in the partitions.</summary>
    public IReadOnlyDictionary<int, string> Contents { get; }

    /// <summary>A partition by its number.</summary>
    public Sfdisk.Partition this[int number] => Table.Partitions.Single(partition => partition.Number == number);

    /// <summary>Partitions 1 and 2 are primary, 3 is extended, 5 to 7 are logical; 7 has nothing that is known.</summary>
    public static TestDisk Mbr() => new(
        64,
        """
        label: dos
        label-id: 0x1234abcd
        start=2048, size=20480, type=c, bootable
        size=20480, type=83
        type=5
        size=8192, type=6
        size=8192, type=83
        size=8192, type=7
        """,
        512,
        [(1, "fat/fat16"), (2, "ext/ext4"), (5, "fat/fat12"), (6, "ext/ext2"), (7, "invalid/text")]);

    /// <summary>Named, unnamed and with a name that is no name of a file.</summary>
    public static TestDisk Gpt(int sectorSize = 512)
    {
        int sectors = (1 << 20) / sectorSize;
        return new(
            64,
            $"""
            label: gpt
            label-id: 11111111-2222-3333-4444-555555555555
            start={sectors}, size={10 * sectors}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=AAAAAAAA-0000-4000-8000-000000000001, name="EFI"
            size={10 * sectors}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=AAAAAAAA-0000-4000-8000-000000000002, name="rootfs"
            size={10 * sectors}, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, uuid=AAAAAAAA-0000-4000-8000-000000000003
            size={10 * sectors}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=AAAAAAAA-0000-4000-8000-000000000004, name="a/b ü"
            """,
            sectorSize,
            [(1, "fat/fat16"), (2, "ext/ext4"), (3, "exfat/filled"), (4, "ext/hash-tea")]);
    }

    /// <summary>One partition with a file system and one without.</summary>
    public static TestDisk Single() => new(32, "label: gpt\nsize=20480, name=\"only\"\nsize=20480, name=\"nothing\"", 512, [(1, "ext/inline")]);

    public void Dispose() => _folder.Dispose();
}
