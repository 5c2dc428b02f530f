using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Volumes.AndroidSuper;

/// <summary>
/// What one slot of a super partition says of its logical partitions; all numbers are little-endian (liblp: LpMetadataHeader and the tables after
/// it).
/// </summary>
internal sealed class SuperMetadata
{
    /// <summary>What the specification is called in errors.</summary>
    public const string Clause = "liblp: metadata_format.h";

    /// <summary>Bytes of a sector, whatever those of the device are.</summary>
    public const int SectorSize = 512;

    private const string Structure = "super metadata";
    private const ushort Major = 10;
    private const int ShortHeader = 128;
    private const int LongHeader = 256;
    private const int ChecksumAt = 12;
    private const int TablesChecksumAt = 48;
    private const int FirstDescriptor = 80;
    private const int DescriptorLength = 12;
    private const int FlagsAt = 128;
    private const uint MaxTablesLength = 4 << 20;
    private const int NameLength = 36;
    private const int PartitionLength = 52;
    private const int ExtentLength = 24;
    private const int GroupLength = 48;
    private const int DeviceLength = 64;
    private const uint SuffixedPartition = 2;
    private const uint Suffixed = 1;

    private readonly long _place;
    private readonly byte[] _tables;

    private SuperMetadata(long place, uint slot, ReadOnlySpan<byte> header, byte[] tables)
    {
        _place = place;
        _tables = tables;
        Slot = slot;
        Flags = header.Length >= LongHeader ? (SuperFlags)BinaryPrimitives.ReadUInt32LittleEndian(header[FlagsAt..]) : 0;
        Devices = [.. Table(header, 3, DeviceLength).Select(entry => new SuperDevice(
            SuffixedName(entry.AsSpan(24), UInt32(entry, 60), Suffixed), Sectors(UInt64(entry, 0)), UInt64(entry, 16)))];
        Groups = [.. Table(header, 2, GroupLength).Select(entry => new SuperGroup(SuffixedName(entry, UInt32(entry, 36), Suffixed), UInt64(entry, 40)))];
        SuperExtent[] extents = [.. Table(header, 1, ExtentLength).Select(ReadExtent)];
        Partitions = [.. Table(header, 0, PartitionLength).Select(entry => ReadPartition(entry, extents))];
    }

    /// <summary>Its number among the slots.</summary>
    public uint Slot { get; }

    /// <summary>What is said of all of it.</summary>
    public SuperFlags Flags { get; }

    /// <summary>The devices that partitions lie on; the first has this metadata.</summary>
    public IReadOnlyList<SuperDevice> Devices { get; }

    /// <summary>Groups that partitions share a size in.</summary>
    public IReadOnlyList<SuperGroup> Groups { get; }

    /// <summary>The logical partitions.</summary>
    public IReadOnlyList<SuperPartition> Partitions { get; }

    /// <summary>Reads the first copy of a slot that is whole.</summary>
    /// <param name="source">The partition that has it.</param>
    /// <param name="geometry">Where it is.</param>
    /// <param name="slot">Which.</param>
    /// <param name="context">Warned when that is the second; bounds what is read.</param>
    /// <exception cref="ImageException">No copy is whole, or it is of another version.</exception>
    public static SuperMetadata Read(BlockSource source, SuperGeometry geometry, uint slot, OpenContext context)
    {
        ImageException? first = null;
        foreach (long place in geometry.PlacesOf(slot))
        {
            try
            {
                SuperMetadata metadata = ReadAt(source, geometry, slot, place, context.Recognition);
                if (first is not null)
                {
                    context.Warn($"{first.Message}; the copy at 0x{place:X} is used");
                }

                return metadata;
            }
            catch (ImageException e)
            {
                first ??= e;
            }
        }

        throw first!;
    }

    /// <summary>Reads one copy of a slot.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The image ends in it.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of another version.</exception>
    public static SuperMetadata ReadAt(BlockSource source, SuperGeometry geometry, uint slot, long place, RecognitionAllowance? allowance)
    {
        Span<byte> header = stackalloc byte[LongHeader];
        source.ReadAt(place, header[..ShortHeader]);
        if (!header.StartsWith("0PLA"u8))
        {
            throw Invalid(place, "it has no magic number");
        }

        uint headerLength = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (headerLength is < ShortHeader or > LongHeader)
        {
            throw Invalid(place, $"its header has {headerLength} bytes: {ShortHeader} to {LongHeader} are allowed");
        }

        source.ReadAt(place, header[..(int)headerLength]);
        header = header[..(int)headerLength];
        if (!SuperChecksum.IsRight(header, ChecksumAt))
        {
            throw Invalid(place, "the checksum of its header is wrong");
        }

        ushort major = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        if (major != Major)
        {
            throw new UnsupportedFeatureException($"android-super version {major}.{BinaryPrimitives.ReadUInt16LittleEndian(header[6..])}", Clause);
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[44..]);
        if (length > Math.Min(geometry.MaxLength - headerLength, MaxTablesLength) || geometry.MaxLength < headerLength)
        {
            throw Invalid(place, $"its tables have {length} bytes, and there is room for {geometry.MaxLength} with the header, {MaxTablesLength} at most");
        }

        allowance?.Take(length);
        if (length > source.Length - place - headerLength)
        {
            throw new TruncatedImageException(source.Length, source.Length);
        }

        byte[] tables = new byte[length];
        source.ReadAt(place + headerLength, tables);
        return SuperChecksum.IsOf(tables, header[TablesChecksumAt..])
            ? new SuperMetadata(place, slot, header, tables)
            : throw Invalid(place, "the checksum of its tables is wrong");
    }

    /// <summary>Whether another slot says the same, but for the names that have the slot's suffix.</summary>
    public bool IsLike(SuperMetadata other) => _tables.AsSpan().SequenceEqual(other._tables) && Flags == other.Flags;

    /// <summary>The error of something in it.</summary>
    public InvalidImageException Invalid(string problem) => Invalid(_place, problem);

    private static InvalidImageException Invalid(long place, string problem) => new(Structure, place, problem, Clause);

    private static uint UInt32(byte[] entry, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(offset));

    private long UInt64(byte[] entry, int offset)
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(offset));
        return value <= long.MaxValue ? (long)value : throw Invalid($"a number of 0x{value:X} is larger than any disk");
    }

    private long Sectors(long count) => count <= long.MaxValue / SectorSize ? count * SectorSize : throw Invalid($"{count} sectors are more than any disk has");

    // The entries of one of the four tables that the header describes.
    private List<byte[]> Table(ReadOnlySpan<byte> header, int number, int entryLength)
    {
        ReadOnlySpan<byte> descriptor = header.Slice(FirstDescriptor + (number * DescriptorLength), DescriptorLength);
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(descriptor);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[4..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]);
        if (length != entryLength || offset > _tables.Length || (long)count * length > _tables.Length - offset)
        {
            throw Invalid($"table {number} has {count} entries of {length} bytes at 0x{offset:X}: they are of {entryLength}, and all tables have 0x{_tables.Length:X}");
        }

        var entries = new List<byte[]>((int)count);
        for (int i = 0; i < count; i++)
        {
            entries.Add(_tables.AsSpan((int)offset + (i * entryLength), entryLength).ToArray());
        }

        return entries;
    }

    private string SuffixedName(ReadOnlySpan<byte> bytes, uint flags, uint suffixed)
    {
        bytes = bytes[..NameLength];
        int end = bytes.IndexOf((byte)0);
        string name = Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        return (flags & suffixed) == 0 ? name : $"{name}_{(char)('a' + Slot)}";
    }

    private SuperExtent ReadExtent(byte[] entry)
    {
        uint type = UInt32(entry, 8);
        uint device = UInt32(entry, 20);
        long length = Sectors(UInt64(entry, 0));
        switch (type)
        {
            case 0 when device < Devices.Count:
                return new SuperExtent(length, (int)device, Sectors(UInt64(entry, 12)));
            case 0:
                throw Invalid($"an extent is on block device {device} of {Devices.Count}");
            case 1:
                return new SuperExtent(length, SuperExtent.Zeros, 0);
            default:
                throw new UnsupportedFeatureException($"android-super extent of type {type}", Clause);
        }
    }

    private SuperPartition ReadPartition(byte[] entry, SuperExtent[] extents)
    {
        uint first = UInt32(entry, 40);
        uint count = UInt32(entry, 44);
        uint group = UInt32(entry, 48);
        var attributes = (SuperAttributes)UInt32(entry, 36);
        string name = SuffixedName(entry, (uint)attributes, SuffixedPartition);
        if (first > extents.Length || count > extents.Length - first || group >= Groups.Count)
        {
            throw Invalid($"the partition {name} has {count} extents from number {first} on, of {extents.Length}, and is in group {group} of {Groups.Count}");
        }

        SuperExtent[] own = extents[(int)first..(int)(first + count)];
        long length = 0;
        foreach (SuperExtent extent in own)
        {
            length = extent.Length <= long.MaxValue - length ? length + extent.Length : throw Invalid($"the partition {name} is longer than any disk");
        }

        return new SuperPartition(name, attributes, Groups[(int)group].Name, own, length);
    }
}

/// <summary>What is said of a super partition as a whole (liblp: LP_HEADER_FLAG_*).</summary>
[Flags]
internal enum SuperFlags : uint
{
    /// <summary>Updates are written as snapshots (Virtual A/B).</summary>
    VirtualAB = 1,

    /// <summary>Overlays are written to it.</summary>
    OverlaysActive = 2,
}

/// <summary>What is said of a logical partition (liblp: LP_PARTITION_ATTR_*).</summary>
[Flags]
internal enum SuperAttributes : uint
{
    /// <summary>It is not to be written to.</summary>
    ReadOnly = 1,

    /// <summary>Its name gets the slot's suffix.</summary>
    SlotSuffixed = 2,

    /// <summary>An update has written to it.</summary>
    Updated = 4,

    /// <summary>Android does not show it.</summary>
    Disabled = 8,
}

/// <summary>A device that logical partitions lie on.</summary>
/// <param name="Name">The name of its partition: "super".</param>
/// <param name="FirstUsable">Where logical partitions may begin on it, in bytes.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record SuperDevice(string Name, long FirstUsable, long Length);

/// <summary>A group of logical partitions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MaxLength">Bytes that they may have in all; 0 for any number.</param>
internal sealed record SuperGroup(string Name, long MaxLength);

/// <summary>A part of a logical partition.</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="Device">The number of the device that it is on.</param>
/// <param name="Address">Where it begins there.</param>
internal sealed record SuperExtent(long Length, int Device, long Address)
{
    /// <summary>In the place of a device: it is nowhere, and reads as zeros.</summary>
    public const int Zeros = -1;
}

/// <summary>A logical partition.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Attributes">What is said of it.</param>
/// <param name="Group">The group that it is in.</param>
/// <param name="Extents">What it is made of, one after the other.</param>
/// <param name="Length">Bytes of all of them.</param>
internal sealed record SuperPartition(string Name, SuperAttributes Attributes, string Group, IReadOnlyList<SuperExtent> Extents, long Length);
