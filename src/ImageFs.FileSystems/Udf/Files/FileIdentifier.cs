using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>File Characteristics of a file identifier descriptor (ECMA-167 4/14.4.3).</summary>
[Flags]
internal enum FileCharacteristics : byte
{
    None = 0,

    /// <summary>Existence: it need not be made known to the user.</summary>
    Hidden = 0x01,

    /// <summary>It is a directory's.</summary>
    Directory = 0x02,

    /// <summary>The file was deleted.</summary>
    Deleted = 0x04,

    /// <summary>It is the parent directory's, and has no name.</summary>
    Parent = 0x08,

    /// <summary>It is a metadata stream's.</summary>
    Metadata = 0x10,
}

/// <summary>File identifier descriptor: an entry of a directory (ECMA-167 4/14.4).</summary>
internal readonly ref struct FileIdentifier
{
    /// <summary>Bytes in front of what has no fixed length.</summary>
    public const int FixedLength = 38;

    /// <summary>Every descriptor begins at a multiple of it, in bytes from the start of the directory (4/14.4.9).</summary>
    public const int Alignment = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">At least <see cref="FixedLength"/> of them; all, for <see cref="Name"/>.</param>
    public FileIdentifier(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, FixedLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Its length in bytes, with the padding (4/14.4.9).</summary>
    public int Length => (FixedLength + UseLength + NameLength + Alignment - 1) & -Alignment;

    /// <summary>File Characteristics (4/14.4.3).</summary>
    public FileCharacteristics Characteristics => (FileCharacteristics)_bytes[18];

    /// <summary>ICB (4/14.4.5).</summary>
    public LogicalBlock Icb => LogicalBlock.Read(_bytes[24..]);

    /// <summary>File Identifier (4/14.4.8).</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(FixedLength + UseLength, NameLength);

    private int NameLength => _bytes[19];

    private ushort UseLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[36..]);

    /// <summary>What is wrong with it, as far as its fixed part tells; null when nothing is. By Linux's rules.</summary>
    /// <param name="left">Bytes of the directory from it on.</param>
    /// <param name="blockSize">Bytes in a block.</param>
    public string? FindProblem(long left, int blockSize)
    {
        var tag = new DescriptorTag(_bytes);
        string? problem = tag.FindProblem();
        if (problem is not null)
        {
            return problem;
        }

        if (tag.Identifier != TagIdentifier.FileIdentifierDescriptor)
        {
            return $"there is a descriptor of type {(ushort)tag.Identifier} in its place";
        }

        if (Length > blockSize || Length > left)
        {
            return $"it has {Length} bytes, the directory {left} from it on, a block {blockSize}";
        }

        if ((UseLength & 3) != 0)
        {
            return $"its implementation use has {UseLength} bytes";
        }

        return tag.CrcLength == Length - DescriptorTag.Length ? null : $"its CRC is over {tag.CrcLength} bytes, and it has {Length}";
    }
}
