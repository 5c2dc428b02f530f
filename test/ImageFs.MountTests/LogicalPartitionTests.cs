using System.Buffers.Binary;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Chains of extended boot records that no partitioning program makes today: the numbers are those of Linux.</summary>
internal sealed class LogicalPartitionTests
{
    private const int SectorSize = 512;
    private const int DiskSectors = 131072;
    private const int TableOffset = 446;
    private const int EntrySize = 16;
    private const byte Data = 0x83;
    private const byte Link = 0x05;
    private const byte OtherLink = 0x0F;

    // The record of the chain's begin is in sector 2048, the next one 20480 after it; what is shown begins 2048 after its own record.
    private const int First = 2048;
    private const int Step = 20480;

    /// <summary>Kinds of chains.</summary>
    public enum Chain
    {
        /// <summary>The first record has a link, and no partition.</summary>
        EmptyFirst,

        /// <summary>The link is in the first entry, partitions are in others.</summary>
        LinkFirst,

        /// <summary>Two extended partitions, whose logical ones are counted on.</summary>
        Two,
    }

    [TestCase(Chain.EmptyFirst, 5)]
    [TestCase(Chain.LinkFirst, 6)]
    [TestCase(Chain.Two, 6)]
    [CancelAfter(Limits.Test)]
    public void Logical_partitions_are_counted_as_in_Linux(Chain chain, int number)
    {
        using var folder = new TestFolder();
        string path = folder["disk.img"];
        byte[] contents = File.ReadAllBytes(TestImages.Get("ext/ext2"));
        using (FileStream disk = File.Create(path))
        {
            disk.SetLength((long)DiskSectors * SectorSize);
            Write(disk, chain, contents.Length / SectorSize);
            disk.Position = (First + Step + 2048) * SectorSize;
            disk.Write(contents);
        }

        LinuxAnswer answer = LinuxReader.Ask(new LinuxQuestion(path, Type: "ext4") { Steps = [$"part={number}"] });
        Assert.That(answer.Tree, Is.Not.Null, string.Join('\n', answer.Messages));
        using var mount = ImageMount.Mount(path, $"part={number}");
        Assert.That(mount.List().DifferencesFrom(answer.Tree!, Facts.All), Is.Empty);
    }

    private static void Write(FileStream disk, Chain chain, int sectors)
    {
        switch (chain)
        {
            case Chain.EmptyFirst:
                Record(disk, 0, (Link, First, 100000));
                Record(disk, First, default, (Link, Step, 60000));
                Record(disk, First + Step, (Data, 2048, sectors));
                break;
            case Chain.LinkFirst:
                Record(disk, 0, default, (OtherLink, First, 100000));
                Record(disk, First, (Link, Step, 60000), (Data, 2048, 512));
                Record(disk, First + Step, default, default, (Data, 2048, sectors));
                break;
            default:
                Record(disk, 0, (Link, First, 10000), (OtherLink, First + Step, 60000));
                Record(disk, First, (Data, 2048, 512));
                Record(disk, First + Step, (Data, 2048, sectors));
                break;
        }
    }

    private static void Record(FileStream disk, int sector, params (byte Type, int Start, int Sectors)[] entries)
    {
        byte[] record = new byte[SectorSize];
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = record.AsSpan(TableOffset + (i * EntrySize), EntrySize);
            entry[4] = entries[i].Type;
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], entries[i].Start);
            BinaryPrimitives.WriteInt32LittleEndian(entry[12..], entries[i].Sectors);
        }

        record[510] = 0x55;
        record[511] = 0xAA;
        disk.Position = (long)sector * SectorSize;
        disk.Write(record);
    }
}
