using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>The metadata region: what kind of disk it is (MS-VHDX 2.6).</summary>
internal sealed class Metadata
{
    private const string Structure = "vhdx metadata";
    private const string Clause = "MS-VHDX 2.6";
    private const int TableLength = 64 * 1024;
    private const int EntryLength = 32;
    private const int MaxEntries = 2047;
    private const int MaxItemLength = 1 << 20;
    private const uint MinBlockSize = 1 << 20;
    private const uint MaxBlockSize = 256 << 20;
    private const ulong MaxDiskSize = 64UL << 40;

    private static readonly Guid s_fileParameters = new("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
    private static readonly Guid s_diskSize = new("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
    private static readonly Guid s_diskId = new("BECA12AB-B2E6-4523-93EF-C309E000C746");
    private static readonly Guid s_logicalSectorSize = new("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");
    private static readonly Guid s_physicalSectorSize = new("CDA348C7-445D-4471-9CC9-E9885251C556");
    private static readonly Guid s_parentLocator = new("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");

    private readonly long _address;

    private Metadata(long address) => _address = address;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; private set; }

    /// <summary>Whether all blocks are to stay allocated: a fixed disk.</summary>
    public bool IsFixed { get; private set; }

    /// <summary>Whether what is not here is in a parent.</summary>
    public bool HasParent { get; private set; }

    /// <summary>Bytes of the disk.</summary>
    public long DiskSize { get; private set; }

    public int LogicalSectorSize { get; private set; }

    public int PhysicalSectorSize { get; private set; }

    /// <summary>What the disk calls itself (page 83 of SCSI's inquiry).</summary>
    public Guid DiskId { get; private set; }

    /// <summary>Where the parent is, by the names of the specification: "relative_path".</summary>
    public Dictionary<string, string> ParentLocator { get; } = [];

    /// <summary>Reads the region.</summary>
    /// <exception cref="InvalidImageException">It contradicts the specification.</exception>
    /// <exception cref="UnsupportedFeatureException">There is an item that a reader has to know.</exception>
    public static Metadata Read(BlockSource file, Region region)
    {
        var metadata = new Metadata(region.Offset);
        if (region.Length < TableLength)
        {
            throw metadata.Invalid($"its {region.Length} bytes are too few");
        }

        byte[] table = new byte[TableLength];
        file.ReadAt(region.Offset, table);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(10));
        if (!table.AsSpan().StartsWith("metadata"u8) || count > MaxEntries)
        {
            throw metadata.Invalid($"its signature is wrong, or its {count} entries are too many");
        }

        for (int i = 1; i <= count; i++)
        {
            metadata.Add(file, region, table.AsSpan(i * EntryLength, EntryLength));
        }

        metadata.Check();
        return metadata;
    }

    private static bool IsOfPowerOf2(long value, long min, long max) => value >= min && value <= max && (value & (value - 1)) == 0;

    private void Add(BlockSource file, Region region, ReadOnlySpan<byte> entry)
    {
        var kind = new Guid(entry[..16]);
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        bool isUser = (entry[24] & 1) != 0;
        bool isRequired = (entry[24] & 4) != 0;
        bool isKnown = !isUser && (kind == s_fileParameters || kind == s_diskSize || kind == s_diskId || kind == s_logicalSectorSize
            || kind == s_physicalSectorSize || kind == s_parentLocator);
        if (!isKnown)
        {
            if (isRequired)
            {
                throw new UnsupportedFeatureException($"vhdx with the metadata item {kind}", Clause);
            }

            return;
        }

        if (length > MaxItemLength || offset > region.Length - length)
        {
            throw Invalid($"its item of {length} bytes at {offset} is too long, or runs past the end");
        }

        byte[] item = new byte[Math.Max(length, 16)];
        file.ReadAt(region.Offset + offset, item.AsSpan(0, (int)length));
        Take(kind, item.AsSpan(0, (int)length), item);
    }

    private void Take(Guid kind, ReadOnlySpan<byte> item, ReadOnlySpan<byte> padded)
    {
        if (kind == s_fileParameters)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(padded);
            BlockSize = IsOfPowerOf2(size, MinBlockSize, MaxBlockSize) ? (int)size : throw Invalid($"it has blocks of {size} bytes: a power of two from {MinBlockSize} to {MaxBlockSize} is allowed");
            IsFixed = (padded[4] & 1) != 0;
            HasParent = (padded[4] & 2) != 0;
        }
        else if (kind == s_diskSize)
        {
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(padded);
            DiskSize = size <= MaxDiskSize ? (long)size : throw Invalid($"its disk of {size} bytes is too large");
        }
        else if (kind == s_diskId)
        {
            DiskId = new Guid(padded[..16]);
        }
        else if (kind == s_logicalSectorSize)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(padded);
            LogicalSectorSize = size is 512 or 4096 ? (int)size : throw Invalid($"it has sectors of {size} bytes: 512 and 4096 are allowed");
        }
        else if (kind == s_physicalSectorSize)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(padded);
            PhysicalSectorSize = size is 512 or 4096 ? (int)size : throw Invalid($"it has physical sectors of {size} bytes: 512 and 4096 are allowed");
        }
        else
        {
            ReadLocator(item);
        }
    }

    // Pairs of UTF-16 (MS-VHDX 2.6.2.6).
    private void ReadLocator(ReadOnlySpan<byte> item)
    {
        const int HeaderLength = 20;
        const int PairLength = 12;
        int count = item.Length >= HeaderLength ? BinaryPrimitives.ReadUInt16LittleEndian(item[18..]) : 0;
        if (item.Length < HeaderLength + (count * PairLength))
        {
            throw Invalid($"its parent locator has {count} pairs in {item.Length} bytes");
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> pair = item.Slice(HeaderLength + (i * PairLength), PairLength);
            string key = TextOf(item, pair, pair[8..]);
            ParentLocator[key] = TextOf(item, pair[4..], pair[10..]);
        }
    }

    private string TextOf(ReadOnlySpan<byte> item, ReadOnlySpan<byte> offsetField, ReadOnlySpan<byte> lengthField)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(offsetField);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(lengthField);
        return offset <= item.Length && length <= item.Length - offset
            ? Encoding.Unicode.GetString(item.Slice((int)offset, length))
            : throw Invalid($"its parent locator has {length} bytes at {offset}, past its end");
    }

    private void Check()
    {
        if (BlockSize == 0 || LogicalSectorSize == 0 || DiskSize % LogicalSectorSize != 0)
        {
            throw Invalid($"it has a disk of {DiskSize} bytes in blocks of {BlockSize} and sectors of {LogicalSectorSize}");
        }
    }

    private InvalidImageException Invalid(string problem) => new(Structure, _address, problem, Clause);
}
