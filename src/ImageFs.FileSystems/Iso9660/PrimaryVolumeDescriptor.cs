using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660;

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
