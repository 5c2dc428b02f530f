using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>
/// The first sector of a volume, which says where the metadata are (BDE "Volume header"). The names of structures are those of libbde's
/// document "BitLocker Drive Encryption (BDE) format".
/// </summary>
internal readonly ref struct VolumeHeader
{
    /// <summary>Its bytes.</summary>
    public const int Size = 512;

    /// <summary>Where the identifier is in a volume of Windows 7 and later.</summary>
    public const int IdentifierPlace = 160;

    /// <summary>Where it is on a removable drive (To Go), whose first sector is one of FAT32.</summary>
    public const int ToGoIdentifierPlace = 424;

    private const int MetadataPlaces = 16;
    private const int EowPlaces = 40;
    private const int DefaultSectorSize = 512;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Looks at a first sector.</summary>
    public VolumeHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>What stands in the place of a file system's name.</summary>
    public static ReadOnlySpan<byte> Signature => "-FVE-FS-"u8;

    /// <summary>Where the signature is.</summary>
    public static int SignaturePlace => 3;

    /// <summary>4967D63B-2E29-4AD8-8399-F6A339E3D001.</summary>
    public static ReadOnlySpan<byte> Identifier => [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];

    /// <summary>92A84D3B-DD80-4D0E-9E4E-B1E3284EAED8: of a volume whose parts are encrypted when they are first written to.</summary>
    public static ReadOnlySpan<byte> EowIdentifier => [0x3B, 0x4D, 0xA8, 0x92, 0x80, 0xDD, 0x0E, 0x4D, 0x9E, 0x4E, 0xB1, 0xE3, 0x28, 0x4E, 0xAE, 0xD8];

    /// <summary>Whether it is one.</summary>
    public bool IsMeant => HasSignature || HasIdentifier(ToGoIdentifierPlace);

    /// <summary>Whether it is of a removable drive with a part that says how to read it.</summary>
    public bool IsToGo => !HasSignature;

    /// <summary>Whether it is of Windows Vista: an NTFS boot sector in which two fields were changed.</summary>
    public bool IsVista => HasSignature && !HasIdentifier(IdentifierPlace) && UInt64(56) != 0;

    /// <summary>Whether parts are encrypted when they are first written to (encrypt on write).</summary>
    public bool IsEow => _bytes[Place..].StartsWith(EowIdentifier);

    /// <summary>Bytes of a sector; null where it does not say: before an exFAT volume.</summary>
    public int? SectorSize => UInt16(11) is > 0 and var size ? size : null;

    /// <summary>Bytes of a cluster.</summary>
    public int ClusterSize => (SectorSize ?? DefaultSectorSize) * _bytes[13];

    /// <summary>Where the first block of metadata begins; a volume of Windows Vista says only this.</summary>
    public ulong FirstMetadata => IsVista ? unchecked(UInt64(56) * (ulong)ClusterSize) : UInt64(Place + MetadataPlaces);

    /// <summary>Bytes of the file system; 0 where it does not say.</summary>
    public ulong FileSystemLength => unchecked(UInt64(40) * (ulong)(SectorSize ?? DefaultSectorSize));

    private int Place => IsToGo ? ToGoIdentifierPlace : IdentifierPlace;

    private bool HasSignature => _bytes[SignaturePlace..].StartsWith(Signature);

    /// <summary>Where the blocks of metadata begin; not of Windows Vista.</summary>
    public ulong[] MetadataOffsets() => [UInt64(Place + MetadataPlaces), UInt64(Place + MetadataPlaces + 8), UInt64(Place + MetadataPlaces + 16)];

    /// <summary>Where the two copies of what tells the encrypted parts begin.</summary>
    public ulong[] EowOffsets() => [UInt64(Place + EowPlaces), UInt64(Place + EowPlaces + 8)];

    private bool HasIdentifier(int place) => _bytes[place..].StartsWith(Identifier) || _bytes[place..].StartsWith(EowIdentifier);

    private int UInt16(int place) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[place..]);

    private ulong UInt64(int place) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[place..]);
}
