using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>ilf_fields: what was logged of an inode.</summary>
[Flags]
internal enum InodeFields : uint
{
    None = 0,
    Core = 0x1,
    DataLocal = 0x2,
    DataExtents = 0x4,
    DataTree = 0x8,
    Device = 0x10,
    AttributesLocal = 0x40,
    AttributeExtents = 0x80,
    AttributeTree = 0x100,
    DataOwner = 0x200,
    AttributeOwner = 0x400,
    Data = DataLocal | DataExtents | DataTree,
    Attributes = AttributesLocal | AttributeExtents | AttributeTree,
}

/// <summary>The format of an inode's item (xfs_inode_log_format), in either of its two sizes.</summary>
/// <param name="bytes">The region.</param>
internal readonly ref struct InodeFormat(ReadOnlySpan<byte> bytes)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_inode_log_format";

    /// <summary>Its size, and that of 32-bit processors, which leave out what aligns it.</summary>
    public const int Size = 56;

    /// <inheritdoc cref="Size"/>
    public const int PackedSize = 52;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>ilf_fields.</summary>
    public InodeFields Fields => (InodeFields)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    /// <summary>ilf_ino.</summary>
    public ulong Number => BinaryPrimitives.ReadUInt64LittleEndian(Tail);

    /// <summary>ilf_u.ilfu_rdev.</summary>
    public uint Device => BinaryPrimitives.ReadUInt32LittleEndian(Tail[8..]);

    /// <summary>ilf_blkno: the first sector of its buffer.</summary>
    public long Sector => BinaryPrimitives.ReadInt64LittleEndian(Tail[24..]);

    /// <summary>ilf_len: sectors of the buffer.</summary>
    public int Sectors => BinaryPrimitives.ReadInt32LittleEndian(Tail[32..]);

    /// <summary>ilf_boffset: where the inode begins in the buffer, in bytes.</summary>
    public int Offset => BinaryPrimitives.ReadInt32LittleEndian(Tail[36..]);

    private ReadOnlySpan<byte> Tail => _bytes[(_bytes.Length >= Size ? 16 : 12)..];
}

/// <summary>Replays what was logged of inodes.</summary>
/// <param name="sectors">The volume.</param>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="cancellations">What is not to be replayed.</param>
internal sealed class InodeReplay(PatchedSectors sectors, Geometry geometry, Cancellations cancellations)
{
    private const int MaxBufferSectors = 64 * 1024 / PatchedSectors.SectorSize;
    private const int PlaceOffset = 112;
    private const int FlushOffset = 30;
    private const ushort MaxFlush = 0xFFFF;
    private const int DataForkVersion3 = 176;
    private const int DataForkVersion2 = 100;
    private const int ForkOffsetOffset = 82;
    private const int ForkUnit = 8;

    // A tree's root as it is in memory has the header of a block; in the inode only two numbers.
    private const int TreeHeader = 24;
    private const int TreeHeaderVersion5 = 72;
    private const int RootHeader = 4;
    private const int KeySize = 8;

    private readonly ExtentTreeOwner _owner = new(sectors, geometry);

    /// <summary>Replays one.</summary>
    /// <param name="item">What was logged.</param>
    /// <param name="place">The log sequence number of its transaction.</param>
    /// <param name="log">The log, for messages.</param>
    /// <exception cref="ImageException">It is damaged, or the inode cannot be read.</exception>
    public void Replay(LogItem item, LogPlace place, LogReader log)
    {
        if (item.Format.Length < InodeFormat.PackedSize)
        {
            throw Damaged(item, log, $"has a format of {item.Format.Length} bytes");
        }

        var format = new InodeFormat(item.Format);
        if (format.Sectors is <= 0 or > MaxBufferSectors || !sectors.IsOnVolume(format.Sector, format.Sectors)
            || format.Offset < 0 || format.Offset > (format.Sectors * PatchedSectors.SectorSize) - geometry.InodeSize)
        {
            throw Damaged(item, log, $"is of inode {format.Number} in {format.Sectors} sectors from {format.Sector}");
        }

        if (cancellations.IsCancelled(format.Sector, format.Sectors))
        {
            return;
        }

        byte[] buffer = new byte[format.Sectors * PatchedSectors.SectorSize];
        sectors.Read(format.Sector, buffer);
        Span<byte> inode = buffer.AsSpan(format.Offset, geometry.InodeSize);
        if (BinaryPrimitives.ReadUInt16BigEndian(inode) != Inode.MagicNumber)
        {
            throw Damaged(item, log, $"is of inode {format.Number}, and none is there");
        }

        ReadOnlySpan<byte> core = item.Count > 1 ? item[1] : [];
        if (core.Length < LoggedInode.SizeOf(geometry) || !LoggedInode.IsOne(core))
        {
            throw Damaged(item, log, $"has an inode {format.Number} of {core.Length} bytes");
        }

        if (!IsNewer(inode, core, place))
        {
            return;
        }

        LoggedInode.CopyTo(core, inode, place, geometry);
        if (format.Fields.HasFlag(InodeFields.Device))
        {
            BinaryPrimitives.WriteUInt32BigEndian(DataFork(inode), format.Device);
        }

        int region = 2;
        if ((format.Fields & InodeFields.Data) != 0)
        {
            CopyFork(item, region++, format.Fields.HasFlag(InodeFields.DataTree), DataFork(inode), log);
        }

        if ((format.Fields & InodeFields.Attributes) != 0)
        {
            CopyFork(item, region, format.Fields.HasFlag(InodeFields.AttributeTree), AttributeFork(inode), log);
        }

        MetadataHeader.SealInode(inode, geometry);
        sectors.Write(format.Sector, buffer);
        if (format.Fields.HasFlag(InodeFields.DataOwner))
        {
            _owner.Set(DataFork(inode), format.Number, item, log);
        }

        if (format.Fields.HasFlag(InodeFields.AttributeOwner))
        {
            _owner.Set(AttributeFork(inode), format.Number, item, log);
        }
    }

    private static InvalidImageException Damaged(LogItem item, LogReader log, string problem) => log.Damaged(item.Block, $"an item of an inode {problem}");

    // Version 3 has the place in the log that it was written with; those before a number that grows, and begins anew.
    private bool IsNewer(ReadOnlySpan<byte> inode, ReadOnlySpan<byte> core, LogPlace place)
    {
        if (geometry.HasChecksums)
        {
            var written = new LogPlace(BinaryPrimitives.ReadUInt64BigEndian(inode[PlaceOffset..]));
            return !written.IsKnown || written.CompareTo(place) <= 0;
        }

        ushort logged = BinaryPrimitives.ReadUInt16LittleEndian(core[FlushOffset..]);
        ushort there = BinaryPrimitives.ReadUInt16BigEndian(inode[FlushOffset..]);
        return logged >= there || (there == MaxFlush && logged < MaxFlush / 2);
    }

    private Span<byte> DataFork(Span<byte> inode)
    {
        int start = geometry.HasChecksums ? DataForkVersion3 : DataForkVersion2;
        int length = inode[ForkOffsetOffset] * ForkUnit;
        return length == 0 || start + length > inode.Length ? inode[start..] : inode.Slice(start, length);
    }

    private Span<byte> AttributeFork(Span<byte> inode)
    {
        int start = (geometry.HasChecksums ? DataForkVersion3 : DataForkVersion2) + (inode[ForkOffsetOffset] * ForkUnit);
        return inode[ForkOffsetOffset] == 0 || start > inode.Length ? [] : inode[start..];
    }

    private void CopyFork(LogItem item, int region, bool isTree, Span<byte> fork, LogReader log)
    {
        if (region >= item.Count)
        {
            throw Damaged(item, log, $"has {item.Count} regions, and a fork in one more");
        }

        ReadOnlySpan<byte> logged = item[region];
        if (isTree ? !TryCopyRoot(logged, fork) : logged.Length > fork.Length)
        {
            throw Damaged(item, log, $"has a fork of {logged.Length} bytes, where there is room for {fork.Length}");
        }

        if (!isTree)
        {
            logged.CopyTo(fork);
        }
    }

    // The same as xfs_bmbt_to_bmdr: keys and pointers move together, as fewer fit.
    private bool TryCopyRoot(ReadOnlySpan<byte> block, Span<byte> root)
    {
        int header = geometry.HasChecksums ? TreeHeaderVersion5 : TreeHeader;
        if (block.Length < header || root.Length < RootHeader)
        {
            return false;
        }

        int count = BinaryPrimitives.ReadUInt16BigEndian(block[6..]);
        int room = (block.Length - header) / (2 * KeySize);
        int rootRoom = (root.Length - RootHeader) / (2 * KeySize);
        if (count > Math.Min(room, rootRoom))
        {
            return false;
        }

        block.Slice(4, 4).CopyTo(root);
        block.Slice(header, count * KeySize).CopyTo(root[RootHeader..]);
        block.Slice(header + (room * KeySize), count * KeySize).CopyTo(root[(RootHeader + (rootRoom * KeySize))..]);
        return true;
    }
}
