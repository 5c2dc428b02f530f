using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Attributes;

/// <summary>A place that holds extended attributes, entry by entry: the end of an inode, or a block.</summary>
internal ref struct ExtendedAttributeArea
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _address;
    private int _next;

    /// <param name="bytes">The area; offsets of values count from its start.</param>
    /// <param name="address">Where it is in the volume.</param>
    /// <param name="first">Where the first entry is in it.</param>
    public ExtendedAttributeArea(ReadOnlySpan<byte> bytes, long address, int first)
    {
        _bytes = bytes;
        _address = address;
        _next = first;
    }

    /// <summary>The entry that the area is on.</summary>
    public ExtendedAttributeEntry Current { get; private set; }

    /// <summary>The value of the current entry, when it is in the area. An empty one is nowhere, whatever its offset.</summary>
    public readonly ReadOnlySpan<byte> Value => Current.ValueSize == 0 ? [] : _bytes.Slice(Current.ValueOffset, (int)Current.ValueSize);

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end: four bytes of zeros, or no room for an entry.</returns>
    /// <exception cref="InvalidImageException">The entry, or its value, does not fit.</exception>
    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _bytes[_next..];
        if (rest.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(rest) == 0)
        {
            return false;
        }

        if (rest.Length < ExtendedAttributeEntry.HeaderSize + rest[0])
        {
            throw Damaged("its name runs past the end");
        }

        Current = new ExtendedAttributeEntry(rest);
        if (Current.Length > rest.Length)
        {
            throw Damaged("its name runs past the end");
        }

        if (Current.ValueInode == 0 && Current.ValueSize > 0
            && (Current.ValueOffset < _next + Current.Length || Current.ValueSize > _bytes.Length - Current.ValueOffset))
        {
            throw Damaged(
                $"its value of {Current.ValueSize} bytes at {Current.ValueOffset} does not lie behind the names in {_bytes.Length} bytes");
        }

        _next += Current.Length;
        return true;
    }

    private readonly InvalidImageException Damaged(string problem) =>
        new("extended attribute", _address + _next, problem, ExtendedAttributes.Clause);
}
