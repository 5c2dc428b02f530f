using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>A part of a physical volume.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Length">Bytes; 0 for all up to the end.</param>
internal readonly record struct DiskArea(long Start, long Length);

/// <summary>What the label of a physical volume says: label_header, pv_header, pv_header_extension.</summary>
/// <param name="Address">Where the label is.</param>
/// <param name="Uuid">The physical volume's identifier.</param>
/// <param name="DeviceLength">Bytes of the device when it was made.</param>
internal sealed record PhysicalVolumeLabel(long Address, string Uuid, long DeviceLength)
{
    /// <summary>Sectors that a label may be in (LABEL_SCAN_SECTORS).</summary>
    public const int Sectors = 4;

    /// <summary>Bytes of a sector, as LVM counts.</summary>
    public const int SectorSize = 512;

    private const int MaxAreas = 16;
    private const int ChecksumOffset = 16;
    private const int CheckedFrom = 20;
    private const int HeaderOffset = 20;
    private const int TypeOffset = 24;
    private const int LabelLength = 32;
    private const int AreasOffset = LvmUuid.Length + sizeof(ulong);
    private const int AreaLength = 2 * sizeof(ulong);

    /// <summary>Where data is; LVM makes one.</summary>
    public IReadOnlyList<DiskArea> DataAreas { get; private init; } = [];

    /// <summary>Where metadata is: up to two.</summary>
    public IReadOnlyList<DiskArea> MetadataAreas { get; private init; } = [];

    /// <summary>Whether a volume group has it, metadata on it or not (PV_EXT_USED).</summary>
    public bool IsUsed { get; private init; }

    /// <summary>The type of a label, which stands behind <see cref="Mark"/> in the sector.</summary>
    public static ReadOnlySpan<byte> Type => "LVM2 001"u8;

    /// <summary>Where in a sector the type is.</summary>
    public static int TypePlace => TypeOffset;

    private static ReadOnlySpan<byte> Mark => "LABELONE"u8;

    /// <summary>Reads the label of a source, the first that is whole; null when there is none.</summary>
    /// <exception cref="InvalidImageException">There is one, and it is damaged.</exception>
    public static PhysicalVolumeLabel? Read(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[Sectors * SectorSize];
        if (source.Length < bytes.Length)
        {
            return null;
        }

        source.ReadAt(0, bytes);
        InvalidImageException? damage = null;
        for (int address = 0; address < bytes.Length; address += SectorSize)
        {
            ReadOnlySpan<byte> sector = bytes.Slice(address, SectorSize);
            if (!sector.StartsWith(Mark) || !sector[TypeOffset..].StartsWith(Type))
            {
                continue;
            }

            if (WhyWrong(sector, address) is not { } problem)
            {
                return Parse(sector, address);
            }

            damage ??= new InvalidImageException("LVM label", address, problem, "label_header");
        }

        return damage is null ? null : throw damage;
    }

    private static string? WhyWrong(ReadOnlySpan<byte> sector, int address)
    {
        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(sector[Mark.Length..]);
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(sector[ChecksumOffset..]);
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(sector[HeaderOffset..]);
        return number != (ulong)(address / SectorSize) ? $"it says that it is in sector {number}"
            : checksum != LvmChecksum.Of(sector[CheckedFrom..]) ? "its checksum is wrong"
            : offset is < LabelLength or > SectorSize - AreasOffset - (2 * AreaLength) ? $"the header of the physical volume would begin at byte {offset} of it"
            : null;
    }

    private static PhysicalVolumeLabel Parse(ReadOnlySpan<byte> sector, int address)
    {
        ReadOnlySpan<byte> header = sector[(int)BinaryPrimitives.ReadUInt32LittleEndian(sector[HeaderOffset..])..];
        string uuid = LvmUuid.Text(header[..LvmUuid.Length]);
        ReadOnlySpan<byte> rest = header[AreasOffset..];
        DiskArea[] data = ReadAreas(ref rest, address);
        DiskArea[] metadata = ReadAreas(ref rest, address);

        // Before version 1 of the extension there were zeros here.
        bool isExtended = rest.Length >= 2 * sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(rest) > 0;
        return uuid.Length == 0
            ? throw new InvalidImageException("LVM label", address, "it has no UUID", "pv_header")
            : new PhysicalVolumeLabel(address, uuid, Bytes(header[LvmUuid.Length..], address))
            {
                DataAreas = data,
                MetadataAreas = metadata,
                IsUsed = isExtended && (BinaryPrimitives.ReadUInt32LittleEndian(rest[sizeof(uint)..]) & 1) != 0,
            };
    }

    // A list that ends at one that begins at 0 (disk_locn).
    private static DiskArea[] ReadAreas(ref ReadOnlySpan<byte> bytes, int address)
    {
        var areas = new List<DiskArea>();
        while (bytes.Length >= AreaLength && areas.Count <= MaxAreas)
        {
            var area = new DiskArea(Bytes(bytes, address), Bytes(bytes[sizeof(ulong)..], address));
            bytes = bytes[AreaLength..];
            if (area.Start == 0)
            {
                return [.. areas];
            }

            areas.Add(area);
        }

        throw new InvalidImageException("LVM label", address, "a list of areas does not end", "disk_locn");
    }

    private static long Bytes(ReadOnlySpan<byte> bytes, int address) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) is <= long.MaxValue and var value
            ? (long)value
            : throw new InvalidImageException("LVM label", address, $"{BinaryPrimitives.ReadUInt64LittleEndian(bytes)} is no number of bytes that a device can have", "pv_header");
}
