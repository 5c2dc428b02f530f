using System.Buffers.Binary;
using ImageFs.Tree;

namespace ImageFs.FileSystems.RomFs;

/// <summary>
/// The header that stands before the contents of a file, and is its entry in a directory too (romfs.rst: "The following bytes"). A name ended by
/// a zero follows, and both take a multiple of 16 bytes. All numbers are big-endian.
/// </summary>
internal readonly ref struct FileHeader
{
    /// <summary>Its bytes, without the name.</summary>
    public const int Length = 16;

    /// <summary>What headers begin at a multiple of.</summary>
    public const int Alignment = 16;

    /// <summary>Bytes of the longest name: the specification has no limit, and Linux has this one for all file systems.</summary>
    public const int MaxNameLength = 255;

    private const uint TypeMask = 7;
    private const uint Executable = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    public FileHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Where the next header of the directory is; 0 after the last.</summary>
    public uint Next => UInt32(0) & ~(TypeMask | Executable);

    /// <summary>Whether it is a second name of another file.</summary>
    public bool IsHardLink => (UInt32(0) & TypeMask) == 0;

    /// <summary>Its type; of a hard link, which has none of its own, <see cref="NodeType.Unknown"/>.</summary>
    public NodeType Type => (UInt32(0) & TypeMask) switch
    {
        1 => NodeType.Directory,
        2 => NodeType.Regular,
        3 => NodeType.SymbolicLink,
        4 => NodeType.BlockDevice,
        5 => NodeType.CharacterDevice,
        6 => NodeType.Socket,
        7 => NodeType.Fifo,
        _ => NodeType.Unknown,
    };

    /// <summary>Whether the file may be executed, or the directory entered.</summary>
    public bool IsExecutable => (UInt32(0) & Executable) != 0;

    /// <summary>Where a header is that this one leads to: of a directory its first, of a hard link the file's.</summary>
    public uint Target => UInt32(4) & ~(TypeMask | Executable);

    /// <summary>The number of a device: 16 bits each of the driver's and of its own.</summary>
    public uint Device => UInt32(4);

    /// <summary>Bytes of the contents, which begin after the name.</summary>
    public uint Size => UInt32(8);

    /// <summary>What the header and its name, and the zeros up to the contents, add up to, in numbers of 32 bits: 0 when they are whole.</summary>
    /// <param name="bytes">Those; a multiple of 4.</param>
    public static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; !bytes.IsEmpty; bytes = bytes[sizeof(uint)..])
        {
            sum = unchecked(sum + BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        return sum;
    }

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_bytes[offset..]);
}
