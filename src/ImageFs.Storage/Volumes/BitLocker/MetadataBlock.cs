using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>How far a volume is encrypted (BDE "FVE metadata block header").</summary>
internal enum VolumeState
{
    /// <summary>Not at all.</summary>
    Decrypted = 1,

    /// <summary>It is being encrypted or decrypted, and a part of it was at work.</summary>
    Converting = 2,

    /// <summary>That is interrupted.</summary>
    Paused = 3,

    /// <summary>All of it.</summary>
    Encrypted = 4,

    /// <summary>That is interrupted, or at work between two parts.</summary>
    Switching = 5,
}

/// <summary>One of the three copies of the metadata: a header, entries, and behind them checksums (BDE "FVE metadata block").</summary>
internal sealed class MetadataBlock
{
    /// <summary>Bytes that a copy takes in a volume of Windows 7 and later, whatever it needs of them.</summary>
    public const int AreaSize = 64 << 10;

    private const string Structure = "BitLocker metadata";
    private const string Clause = "BDE, FVE metadata block";
    private const int BlockHeaderSize = 64;
    private const int DataHeaderSize = 48;
    private const int ValidationSize = 8;

    // The hash of the block, encrypted.
    private const int MaxIntegritySize = 256;

    private readonly byte[] _bytes;
    private readonly byte[] _behind;
    private readonly long _address;

    private MetadataBlock(byte[] bytes, byte[] behind, long address)
    {
        _bytes = bytes;
        _behind = behind;
        _address = address;
    }

    /// <summary>1 for Windows Vista, 2 for those after it.</summary>
    public int Version => UInt16(10);

    /// <summary>How far the volume is encrypted.</summary>
    public VolumeState State => (VolumeState)UInt16(12);

    /// <summary>Where the encrypted part ends; 0 when nothing is said of it.</summary>
    public ulong EncryptedSize => UInt64(16);

    /// <summary>While it is converted, bytes behind the encrypted part that are in neither form.</summary>
    public uint ConvertedSize => UInt32(24);

    /// <summary>Sectors at the start of the volume that were moved.</summary>
    public uint MovedSectors => UInt32(28);

    /// <summary>Where the copies of the metadata are.</summary>
    public ulong[] Offsets => [UInt64(32), UInt64(40), UInt64(48)];

    /// <summary>Where the first sectors were moved to; of Windows Vista, the cluster of the copy of NTFS's MFT.</summary>
    public ulong MovedTo => UInt64(56);

    /// <summary>The volume's identifier.</summary>
    public Guid Id => new(_bytes.AsSpan(BlockHeaderSize + 16, 16));

    /// <summary>How sectors are encrypted (BDE "Encryption methods").</summary>
    public int Method => UInt16(BlockHeaderSize + 36);

    /// <summary>When the volume was encrypted first: 100 ns since 1601.</summary>
    public ulong Created => UInt64(BlockHeaderSize + 40);

    /// <summary>What it has.</summary>
    public IReadOnlyList<MetadataEntry> Entries { get; private init; } = [];

    /// <summary>The hash of the whole block, encrypted with the master key; null where there is none.</summary>
    public EncryptedKey? Integrity { get; private init; }

    /// <summary>Reads and checks a copy.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="offset">Where it begins.</param>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    public static MetadataBlock Read(BlockSource source, ulong offset)
    {
        if (offset > long.MaxValue || (long)offset > source.Length - BlockHeaderSize - DataHeaderSize - ValidationSize)
        {
            throw new TruncatedImageException((long)Math.Min(offset, long.MaxValue), source.Length);
        }

        long address = (long)offset;
        byte[] header = new byte[12];
        source.ReadAt(address, header);
        int version = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(10));
        if (!header.AsSpan().StartsWith(VolumeHeader.Signature))
        {
            throw new InvalidImageException(Structure, address, "it does not begin with its signature", Clause);
        }

        if (version is not (1 or 2))
        {
            throw new UnsupportedFeatureException($"BitLocker metadata of version {version}");
        }

        // Windows 7 and later count it in units of 16 bytes.
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(8)) << (version == 1 ? 0 : 4);
        if (size is < BlockHeaderSize + DataHeaderSize or > AreaSize - ValidationSize)
        {
            throw new InvalidImageException(Structure, address, $"it says that it has {size} bytes, where {BlockHeaderSize + DataHeaderSize} to {AreaSize - ValidationSize} are possible", Clause);
        }

        if (address > source.Length - size - ValidationSize)
        {
            throw new TruncatedImageException(source.Length, source.Length);
        }

        byte[] bytes = new byte[size];
        byte[] behind = new byte[Math.Min(ValidationSize + MaxIntegritySize, source.Length - address - size)];
        source.ReadAt(address, bytes);
        source.ReadAt(address + size, behind);
        return new MetadataBlock(bytes, behind, address).Parse();
    }

    /// <summary>Whether it has the same as another copy.</summary>
    public bool IsSame(MetadataBlock other) => _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <summary>Whether the hash of the block is the one that is encrypted with the master key; true where there is none.</summary>
    /// <param name="masterKey">The key.</param>
    public bool HasIntegrity(ReadOnlySpan<byte> masterKey)
    {
        if (Integrity is null)
        {
            return true;
        }

        OpenSsl.Require("SHA-256");
        using Linux.SecretMemory? hash = Integrity.Decrypt(masterKey);
        return hash is not null && hash.Span.SequenceEqual(SHA256.HashData(_bytes));
    }

    private MetadataBlock Parse()
    {
        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(_behind.AsSpan(4));
        uint computed = Crc32.HashToUInt32(_bytes);
        if (checksum != computed)
        {
            throw new InvalidImageException(Structure, _address, $"its checksum is {computed:X8}, where {checksum:X8} is written behind it", Clause);
        }

        uint size = UInt32(BlockHeaderSize);
        uint headerSize = UInt32(BlockHeaderSize + 8);
        if (size > _bytes.Length - BlockHeaderSize || headerSize < DataHeaderSize || headerSize > size)
        {
            throw new InvalidImageException(Structure, _address + BlockHeaderSize, $"its entries have {size} bytes, {headerSize} of them a header, in a block of {_bytes.Length}", "BDE, FVE metadata header");
        }

        int start = BlockHeaderSize + (int)headerSize;
        return new MetadataBlock(_bytes, _behind, _address)
        {
            Entries = MetadataEntry.Parse(_bytes.AsMemory(start, (int)(size - headerSize)), _address + start),
            Integrity = ParseIntegrity(),
        };
    }

    private EncryptedKey? ParseIntegrity()
    {
        if (Version < 2 || BinaryPrimitives.ReadUInt16LittleEndian(_behind.AsSpan(2)) < 2)
        {
            return null;
        }

        // It is read as far as it is needed: what is behind it is not the block's.
        ReadOnlySpan<byte> entry = _behind.AsSpan(ValidationSize);
        int size = entry.Length < 8 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(entry);
        return size >= 8 && size <= entry.Length
            && MetadataEntry.Parse(_behind.AsMemory(ValidationSize, size), _address + _bytes.Length + ValidationSize) is [{ Value: EntryValue.EncryptedKey } hash]
            ? new EncryptedKey(hash)
            : null;
    }

    private int UInt16(int place) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(place));

    private uint UInt32(int place) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(place));

    private ulong UInt64(int place) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(place));
}
