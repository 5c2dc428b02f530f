using System.Buffers.Binary;
using System.Globalization;
using ImageFs.FileSystems.Times;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Volume Descriptor Type (ECMA-119 8.1.1).</summary>
internal enum VolumeDescriptorType : byte
{
    /// <summary>Boot record (8.2).</summary>
    BootRecord = 0,

    /// <summary>Primary volume descriptor (8.4).</summary>
    Primary = 1,

    /// <summary>Supplementary (8.5) or, with version 2, enhanced volume descriptor.</summary>
    Supplementary = 2,

    /// <summary>Volume partition descriptor (8.6).</summary>
    Partition = 3,

    /// <summary>Volume descriptor set terminator (8.3).</summary>
    Terminator = 255,
}

/// <summary>What all volume descriptors begin with (ECMA-119 8.1).</summary>
internal readonly ref struct VolumeDescriptor
{
    /// <summary>Bytes in a volume descriptor: one logical sector.</summary>
    public const int Length = 2048;

    /// <summary>Bytes that all descriptors have in common.</summary>
    public const int HeaderLength = 7;

    private readonly ReadOnlySpan<byte> _bytes;

    public VolumeDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Volume Descriptor Type (8.1.1).</summary>
    public VolumeDescriptorType Type => (VolumeDescriptorType)_bytes[0];

    /// <summary>Whether the Standard Identifier is <c>CD001</c> (8.1.2).</summary>
    public bool IsIso9660 => _bytes[1..6].SequenceEqual("CD001"u8);

    /// <summary>Volume Descriptor Version (8.1.3): 1, or 2 for the enhanced descriptor of ISO 9660:1999.</summary>
    public byte Version => _bytes[6];
}

/// <summary>A boot record (ECMA-119 8.2), and what El Torito keeps in it (El Torito 1.0 figure 7).</summary>
internal readonly ref struct BootRecord
{
    private readonly ReadOnlySpan<byte> _bytes;

    public BootRecord(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, VolumeDescriptor.Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Boot System Identifier (8.2.4), padded.</summary>
    public ReadOnlySpan<byte> BootSystemIdentifier => _bytes.Slice(7, 32);

    /// <summary>Whether the boot system is El Torito.</summary>
    public bool IsElTorito => BootSystemIdentifier.StartsWith("EL TORITO SPECIFICATION"u8);

    /// <summary>First sector of the boot catalog, for El Torito.</summary>
    public uint BootCatalogLocation => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[71..]);
}

/// <summary>
/// A primary volume descriptor (ECMA-119 8.4), or a supplementary one (8.5), which has the same fields and two more.
/// </summary>
internal readonly ref struct PrimaryVolumeDescriptor
{
    private readonly ReadOnlySpan<byte> _bytes;

    public PrimaryVolumeDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, VolumeDescriptor.Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Volume Descriptor Version (8.4.3).</summary>
    public byte Version => _bytes[6];

    /// <summary>Volume Flags (8.5.3); 0 in a primary descriptor.</summary>
    public byte VolumeFlags => _bytes[7];

    /// <summary>System Identifier (8.4.5), padded.</summary>
    public ReadOnlySpan<byte> SystemIdentifier => _bytes.Slice(8, 32);

    /// <summary>Volume Identifier (8.4.6), padded.</summary>
    public ReadOnlySpan<byte> VolumeIdentifier => _bytes.Slice(40, 32);

    /// <summary>Volume Space Size in logical blocks (8.4.8).</summary>
    public uint VolumeSpaceSize => BothEndian.UInt32(_bytes[80..]);

    /// <summary>Escape Sequences (8.5.6) that say which character set the identifiers are in; zeros in a primary descriptor.</summary>
    public ReadOnlySpan<byte> EscapeSequences => _bytes.Slice(88, 32);

    /// <summary>Volume Set Size (8.4.10).</summary>
    public ushort VolumeSetSize => BothEndian.UInt16(_bytes[120..]);

    /// <summary>Volume Sequence Number (8.4.11).</summary>
    public ushort VolumeSequenceNumber => BothEndian.UInt16(_bytes[124..]);

    /// <summary>Logical Block Size in bytes (8.4.12).</summary>
    public ushort LogicalBlockSize => BothEndian.UInt16(_bytes[128..]);

    /// <summary>Path Table Size in bytes (8.4.13).</summary>
    public uint PathTableSize => BothEndian.UInt32(_bytes[132..]);

    /// <summary>Location of the Type L Path Table, in logical blocks (8.4.14).</summary>
    public uint PathTableLocation => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[140..]);

    /// <summary>
    /// First logical block of the root directory, by its directory record here (8.4.18). The root's own record says the rest.
    /// </summary>
    public long LocationOfRoot => (long)BothEndian.UInt32(_bytes[158..]) + _bytes[157];

    /// <summary>Volume Set Identifier (8.4.19), padded.</summary>
    public ReadOnlySpan<byte> VolumeSetIdentifier => _bytes.Slice(190, 128);

    /// <summary>Publisher Identifier (8.4.20), padded.</summary>
    public ReadOnlySpan<byte> PublisherIdentifier => _bytes.Slice(318, 128);

    /// <summary>Data Preparer Identifier (8.4.21), padded.</summary>
    public ReadOnlySpan<byte> DataPreparerIdentifier => _bytes.Slice(446, 128);

    /// <summary>Application Identifier (8.4.22), padded.</summary>
    public ReadOnlySpan<byte> ApplicationIdentifier => _bytes.Slice(574, 128);

    /// <summary>Copyright File Identifier (8.4.23), padded.</summary>
    public ReadOnlySpan<byte> CopyrightFileIdentifier => _bytes.Slice(702, 37);

    /// <summary>Abstract File Identifier (8.4.24), padded.</summary>
    public ReadOnlySpan<byte> AbstractFileIdentifier => _bytes.Slice(739, 37);

    /// <summary>Bibliographic File Identifier (8.4.25), padded.</summary>
    public ReadOnlySpan<byte> BibliographicFileIdentifier => _bytes.Slice(776, 37);

    /// <summary>Volume Creation Date and Time (8.4.26).</summary>
    public ReadOnlySpan<byte> CreationTime => _bytes.Slice(813, VolumeTime.Length);

    /// <summary>Volume Modification Date and Time (8.4.27).</summary>
    public ReadOnlySpan<byte> ModificationTime => _bytes.Slice(830, VolumeTime.Length);

    /// <summary>Volume Expiration Date and Time (8.4.28).</summary>
    public ReadOnlySpan<byte> ExpirationTime => _bytes.Slice(847, VolumeTime.Length);

    /// <summary>Volume Effective Date and Time (8.4.29).</summary>
    public ReadOnlySpan<byte> EffectiveTime => _bytes.Slice(864, VolumeTime.Length);

    /// <summary>The Joliet level that the escape sequences name (Joliet 4.2): 1 to 3, or 0 when it is not Joliet.</summary>
    public int JolietLevel => EscapeSequences is not [0x25, 0x2F, byte level, ..] ? 0 : level switch
    {
        0x40 => 1,
        0x43 => 2,
        0x45 => 3,
        _ => 0,
    };

    /// <summary>Whether the fields that are recorded in both byte orders say the same in each.</summary>
    public bool FieldsAgree =>
        BothEndian.Agree32(_bytes[80..]) && BothEndian.Agree16(_bytes[120..]) && BothEndian.Agree16(_bytes[124..])
        && BothEndian.Agree16(_bytes[128..]) && BothEndian.Agree32(_bytes[132..]) && BothEndian.Agree32(_bytes[158..]);
}

/// <summary>A volume partition descriptor (ECMA-119 8.6).</summary>
internal readonly ref struct VolumePartitionDescriptor
{
    private readonly ReadOnlySpan<byte> _bytes;

    public VolumePartitionDescriptor(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, VolumeDescriptor.Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>System Identifier (8.6.5), padded.</summary>
    public ReadOnlySpan<byte> SystemIdentifier => _bytes.Slice(8, 32);

    /// <summary>Volume Partition Identifier (8.6.6), padded.</summary>
    public ReadOnlySpan<byte> VolumePartitionIdentifier => _bytes.Slice(40, 32);

    /// <summary>Volume Partition Location in logical blocks (8.6.7).</summary>
    public uint VolumePartitionLocation => BothEndian.UInt32(_bytes[72..]);

    /// <summary>Volume Partition Size in logical blocks (8.6.8).</summary>
    public uint VolumePartitionSize => BothEndian.UInt32(_bytes[80..]);
}

/// <summary>A date and time in sixteen digits and a zone (ECMA-119 8.4.26.1).</summary>
internal static class VolumeTime
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 17;

    /// <summary>As a point in time; null when it is not specified, or no date.</summary>
    public static Timestamp? Read(ReadOnlySpan<byte> bytes)
    {
        if (!IsSpecified(bytes))
        {
            return null;
        }

        long seconds = CivilTime.ToSeconds(
            Number(bytes[..4]),
            Number(bytes[4..6]),
            Number(bytes[6..8]),
            Number(bytes[8..10]),
            Number(bytes[10..12]),
            Number(bytes[12..14]));
        return new Timestamp(seconds - CivilTime.ZoneToSeconds(bytes[16]), (uint)Number(bytes[14..16]) * 10_000_000);
    }

    /// <summary>As date, time and zone; null when it is not specified, or no date.</summary>
    public static DateTimeOffset? ReadWithZone(ReadOnlySpan<byte> bytes)
    {
        if (Read(bytes) is not Timestamp time
            || time.Seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() + CivilTime.MaxZoneSeconds
            || time.Seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() - CivilTime.MaxZoneSeconds)
        {
            return null;
        }

        DateTimeOffset utc = DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddMilliseconds(time.Nanoseconds / 1_000_000);
        return utc.ToOffset(TimeSpan.FromSeconds(CivilTime.ZoneToSeconds(bytes[16])));
    }

    /// <summary>The digits as a volume's UUID, as blkid forms it: <c>2024-01-31-12-00-00-00</c>; null when it is not specified.</summary>
    public static string? ToUuid(ReadOnlySpan<byte> bytes)
    {
        if (!IsSpecified(bytes))
        {
            return null;
        }

        string digits = System.Text.Encoding.ASCII.GetString(bytes[..16]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{digits[..4]}-{digits[4..6]}-{digits[6..8]}-{digits[8..10]}-{digits[10..12]}-{digits[12..14]}-{digits[14..]}");
    }

    private static bool IsSpecified(ReadOnlySpan<byte> bytes) =>
        !bytes[..16].ContainsAnyExceptInRange((byte)'0', (byte)'9') && bytes[..16].ContainsAnyExcept((byte)'0');

    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte digit in digits)
        {
            number = (number * 10) + digit - '0';
        }

        return number;
    }
}

/// <summary>
/// High Sierra (1986), which ISO 9660 was made of: the same fields, some of them in other places. They are put where ISO 9660 has them as
/// they are read, so nothing else needs to know.
/// </summary>
internal static class HighSierra
{
    /// <summary>Bytes that a descriptor is recognised by.</summary>
    public const int HeaderLength = 15;

    // In front of a descriptor's type is its own place on the disc.
    private const int NumberLength = 8;

    private const int FlagsPlace = 24;
    private const int FlagsPlaceOfIso = 25;

    private const int Times = 4;
    private const int TimeLength = 16;
    private const int FileNameLength = 32;

    /// <summary>Whether bytes begin a volume descriptor.</summary>
    public static bool IsDescriptor(ReadOnlySpan<byte> header) => header[(NumberLength + 1)..].StartsWith("CDROM"u8);

    /// <summary>The type of a volume descriptor: the primary one and the terminator have ISO 9660's numbers.</summary>
    public static VolumeDescriptorType TypeOf(ReadOnlySpan<byte> header) => (VolumeDescriptorType)header[NumberLength];

    /// <summary>Makes a volume descriptor of ISO 9660 of one of High Sierra.</summary>
    /// <param name="descriptor">All its bytes.</param>
    public static byte[] ToIso9660(ReadOnlySpan<byte> descriptor)
    {
        byte[] iso = new byte[VolumeDescriptor.Length];

        // Type, version, identifiers, sizes, and the first path table; then the first table of the other byte order.
        Copy(descriptor, NumberLength, iso, 0, 144);
        "CD001"u8.CopyTo(iso.AsSpan(1));
        Copy(descriptor, 164, iso, 148, 4);

        // The root's record, and identifiers.
        Copy(descriptor, 180, iso, 156, 34);
        MoveFlags(iso.AsSpan(156));
        Copy(descriptor, 214, iso, 190, 512);

        // Copyright and abstract file; there is no bibliographic one.
        iso.AsSpan(702, 111).Fill((byte)' ');
        Copy(descriptor, 726, iso, 702, FileNameLength);
        Copy(descriptor, 758, iso, 739, FileNameLength);
        for (int i = 0; i < Times; i++)
        {
            Copy(descriptor, 790 + (i * TimeLength), iso, 813 + (i * VolumeTime.Length), TimeLength);
        }

        return iso;
    }

    /// <summary>Puts the flags of a directory record where ISO 9660 has them; its time has no zone.</summary>
    public static void MoveFlags(Span<byte> record)
    {
        record[FlagsPlaceOfIso] = record[FlagsPlace];
        record[FlagsPlace] = 0;
    }

    private static void Copy(ReadOnlySpan<byte> from, int start, Span<byte> to, int place, int length) =>
        from.Slice(start, length).CopyTo(to[place..]);
}
