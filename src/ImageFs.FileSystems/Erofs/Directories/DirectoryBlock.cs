using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Directories;

/// <summary>
/// A block of a directory: entries (erofs_dirent), and behind them their names in the same order. The first name's place tells how many there
/// are.
/// </summary>
internal readonly ref struct DirectoryBlock
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntrySize = 12;

    private const int NameOffset = 8;
    private const int TypeOffset = 10;
    private const int MaxName = 255;

    private readonly ReadOnlySpan<byte> _bytes;

    private DirectoryBlock(ReadOnlySpan<byte> bytes, int count)
    {
        _bytes = bytes;
        Count = count;
    }

    /// <summary>How many entries it has; at least 1.</summary>
    public int Count { get; }

    /// <summary>A block, as it was read.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="start">Where it begins there.</param>
    /// <param name="bytes">Its bytes: less than a block where the directory ends.</param>
    /// <exception cref="InvalidImageException">The place of its first name is none.</exception>
    public static DirectoryBlock Of(Directory directory, long start, ReadOnlySpan<byte> bytes)
    {
        int names = bytes.Length < EntrySize ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(bytes[NameOffset..]);
        return names >= EntrySize && names < bytes.Length
            ? new DirectoryBlock(bytes, names / EntrySize)
            : throw directory.Damaged(start, $"the names of a block begin at {names} of {bytes.Length} bytes");
    }

    /// <summary>The node that an entry names.</summary>
    public ulong NodeOf(int entry) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(entry * EntrySize)..]);

    /// <summary>Its type, as a number.</summary>
    public int TypeOf(int entry) => _bytes[(entry * EntrySize) + TypeOffset];

    /// <summary>Finds its name.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="name">The name.</param>
    /// <returns>False when that is at no place, or too long.</returns>
    public bool TryGetName(int entry, out ReadOnlySpan<byte> name)
    {
        name = default;
        int start = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[((entry * EntrySize) + NameOffset)..]);
        int end = entry + 1 < Count ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(((entry + 1) * EntrySize) + NameOffset)..]) : _bytes.Length;
        if (start > end || end > _bytes.Length)
        {
            return false;
        }

        name = _bytes[start..end];
        if (entry + 1 == Count)
        {
            // What follows the last name is zeros.
            int zero = name.IndexOf((byte)0);
            name = zero < 0 ? name : name[..zero];
        }

        return name.Length is > 0 and <= MaxName;
    }
}
