using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>The header that the file begins with; all numbers are big-endian (qcow2: Header).</summary>
internal readonly ref struct Header
{
    /// <summary>Bytes of the header of version 2, which that of version 3 begins with.</summary>
    public const int MinLength = 72;

    private const int LengthV3 = 104;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The beginning of the file.</param>
    public Header(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, MinLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>The magic number: <c>QFI\xfb</c>.</summary>
    public static ReadOnlySpan<byte> Magic => [(byte)'Q', (byte)'F', (byte)'I', 0xFB];

    public uint Version => UInt32(4);

    /// <summary>Where the backing file's name is; 0 for none.</summary>
    public ulong BackingFileOffset => UInt64(8);

    /// <summary>Bytes of the name.</summary>
    public uint BackingFileSize => UInt32(16);

    /// <summary>Base-2 logarithm of the bytes in a cluster.</summary>
    public uint ClusterBits => UInt32(20);

    /// <summary>Bytes of the disk.</summary>
    public ulong Size => UInt64(24);

    /// <summary>0 none, 1 AES, 2 LUKS.</summary>
    public uint CryptMethod => UInt32(32);

    /// <summary>Entries of the L1 table.</summary>
    public uint L1Size => UInt32(36);

    /// <summary>Where the L1 table is.</summary>
    public ulong L1TableOffset => UInt64(40);

    public uint SnapshotCount => UInt32(60);

    /// <summary>Where the snapshot table is.</summary>
    public ulong SnapshotsOffset => UInt64(64);

    public IncompatibleFeatures IncompatibleFeatures => IsOfVersion3 ? (IncompatibleFeatures)UInt64(72) : IncompatibleFeatures.None;

    public ulong CompatibleFeatures => IsOfVersion3 ? UInt64(80) : 0;

    public ulong AutoclearFeatures => IsOfVersion3 ? UInt64(88) : 0;

    /// <summary>Bytes of the header: its extensions follow.</summary>
    public uint Length => IsOfVersion3 ? UInt32(100) : MinLength;

    /// <summary>0 zlib, 1 zstd.</summary>
    public byte CompressionType => Length > LengthV3 && _bytes.Length > LengthV3 ? _bytes[LengthV3] : (byte)0;

    /// <summary>Whether the bytes are enough for the version's header.</summary>
    public bool IsWhole => Version < 3 || (_bytes.Length >= LengthV3 && Length >= LengthV3);

    private bool IsOfVersion3 => Version >= 3;

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_bytes[offset..]);
}
