using System.Buffers.Binary;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>
/// A directory as it is stored: blocks of entries (erofs_dirent) with their names behind, all in the order of the names' bytes, "." and ".."
/// among them. A block has as many as find room.
/// </summary>
/// <param name="directory">The directory.</param>
/// <param name="blockSize">Bytes of a block.</param>
internal sealed class DirectoryBlocks(ManifestNode directory, int blockSize)
{
    private const int EntryLength = 12;

    private static readonly byte[] s_dot = [.. "."u8];
    private static readonly byte[] s_dots = [.. ".."u8];

    private readonly int _dotAt = PlaceOf(directory.Entries, s_dot);
    private readonly int _dotsAt = PlaceOf(directory.Entries, s_dots) + 1;
    private int _start;
    private int _end;

    private int Count => directory.Entries.Length + 2;

    /// <summary>Bytes of the present block that are used.</summary>
    public int Length { get; private set; }

    /// <summary>Whether there is none behind the present.</summary>
    public bool IsLast => _end == Count;

    /// <summary>Goes to the next block.</summary>
    /// <returns>False behind the last.</returns>
    public bool MoveNext()
    {
        _start = _end;
        Length = 0;
        while (_end < Count)
        {
            int more = EntryLength + EntryAt(_end).Name.Length;
            if (Length + more > blockSize)
            {
                break;
            }

            Length += more;
            _end++;
        }

        return _start < Count;
    }

    /// <summary>Writes the present block.</summary>
    /// <param name="block">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> block)
    {
        int name = (_end - _start) * EntryLength;
        for (int i = _start; i < _end; i++)
        {
            ManifestEntry entry = EntryAt(i);
            Span<byte> record = block[((i - _start) * EntryLength)..];
            BinaryPrimitives.WriteUInt64LittleEndian(record, entry.Node.Nid);
            BinaryPrimitives.WriteUInt16LittleEndian(record[8..], (ushort)name);
            record[10] = FileTypes.NumberOf(entry.Node.Type);
            record[11] = 0;
            entry.Name.CopyTo(block[name..]);
            name += entry.Name.Length;
        }
    }

    private ManifestEntry EntryAt(int index) =>
        index == _dotAt ? new ManifestEntry(s_dot, directory)
        : index == _dotsAt ? new ManifestEntry(s_dots, directory.Parent ?? directory)
        : directory.Entries[index - (index > _dotAt ? 1 : 0) - (index > _dotsAt ? 1 : 0)];

    // How many names come before.
    private static int PlaceOf(ManifestEntry[] entries, byte[] name)
    {
        int low = 0;
        for (int high = entries.Length; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = entries[middle].Name.AsSpan().SequenceCompareTo(name) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
