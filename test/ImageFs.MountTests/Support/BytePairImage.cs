using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ImageFs.MountTests.Support;

/// <summary>
/// A FAT volume whose short names have every two bytes that may be a character: a directory for each first byte, and in each name its
/// number and four of them.
/// </summary>
internal sealed class BytePairImage : IDisposable
{
    private const int EntrySize = 32;
    private const int SectorSize = 512;
    private const int ClusterSize = 4096;
    private const int RootEntries = 512;
    private const int FirstCluster = 2;
    private const int PairsOfName = 4;
    private const int FirstLead = 0x80;
    private const byte Directory = 0x10;
    private const byte BothLowerCase = 0x18;
    private const ushort EndOfChain = 0xFFFF;

    // Not the slash: no reader could show it.
    private const int FirstTrail = '0';

    private readonly TestFolder _folder = new();

    /// <summary>Makes it.</summary>
    public BytePairImage()
    {
        Need.Program("mkfs.fat", "dosfstools");
        Tool.Shell("truncate -s 20M \"$1\" && mkfs.fat -F 16 -s 8 -r 512 \"$1\"", Path).Succeeded();
        using FileStream image = File.Open(Path, FileMode.Open);
        Span<byte> boot = stackalloc byte[SectorSize];
        image.ReadExactly(boot);
        int fat = BinaryPrimitives.ReadUInt16LittleEndian(boot[14..]) * SectorSize;
        int fatSize = BinaryPrimitives.ReadUInt16LittleEndian(boot[22..]) * SectorSize;
        int root = fat + (boot[16] * fatSize);
        for (int lead = FirstLead; lead <= byte.MaxValue; lead++)
        {
            int number = lead - FirstLead;
            int cluster = FirstCluster + number;
            byte[] mark = new byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16LittleEndian(mark, EndOfChain);
            Write(image, fat + (cluster * sizeof(ushort)), mark);
            Write(image, root + (number * EntrySize), ToEntry($"LEAD{lead:X2}", cluster));
            Write(image, root + (RootEntries * EntrySize) + (number * ClusterSize), ToDirectory((byte)lead, cluster));
        }
    }

    /// <summary>Where it is.</summary>
    public string Path => _folder["pairs.img"];

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static void Write(FileStream image, long address, byte[] bytes)
    {
        image.Position = address;
        image.Write(bytes);
    }

    private static byte[] ToDirectory(byte lead, int cluster)
    {
        IEnumerable<byte[]> pairs = Enumerable.Range(FirstTrail, 256 - FirstTrail).Select(trail => new[] { lead, (byte)trail });
        return [.. ToEntry(".", cluster), .. ToEntry("..", 0), .. pairs.Chunk(PairsOfName).SelectMany(ToEntry)];
    }

    // Three after the number, and the fourth in the extension, which has room for one byte more: half of another.
    private static byte[] ToEntry(byte[][] pairs, int number)
    {
        byte[] entry = ToEntry(number.ToString("X2", CultureInfo.InvariantCulture));
        pairs.SelectMany(pair => pair).ToArray().CopyTo(entry, 2);
        entry[10] = number % 2 == 0 ? pairs[0][0] : (byte)' ';
        entry[12] = number % 3 == 0 ? BothLowerCase : (byte)0;
        return entry;
    }

    private static byte[] ToEntry(string name, int? directory = null)
    {
        byte[] entry = new byte[EntrySize];
        Encoding.ASCII.GetBytes(name.PadRight(11), entry);
        entry[11] = directory is null ? (byte)0 : Directory;
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(26), (ushort)(directory ?? 0));
        return entry;
    }
}
