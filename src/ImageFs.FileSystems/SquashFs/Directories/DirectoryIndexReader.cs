using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.FileSystems.SquashFs.Metadata;

namespace ImageFs.FileSystems.SquashFs.Directories;

/// <summary>
/// Goes through the index of a directory, which follows its inode: for each metadata block that the directory reaches into, a header there and
/// the name that comes first behind it (squashfs_dir_index).
/// </summary>
internal ref struct DirectoryIndexReader
{
    private const int MaxEntrySize = 12;
    private const int MaxNameLength = 256;

    private readonly SquashFsVolume _volume;
    private readonly Directory _directory;
    private readonly DirectoryLayout _layout;
    private readonly byte[] _name = new byte[MaxNameLength];
    private MetadataCursor _cursor;
    private int _left;
    private int _nameLength;

    /// <param name="volume">The file system.</param>
    /// <param name="directory">The directory.</param>
    public DirectoryIndexReader(SquashFsVolume volume, Directory directory)
    {
        _volume = volume;
        _directory = directory;
        _layout = volume.Super.Layout.Directory;
        _cursor = volume.Metadata.Open(directory.Inode.Rest);
        _left = _layout.IndexSize == 0 ? 0 : directory.Inode.IndexCount;
    }

    /// <summary>The header that the entry leads to.</summary>
    public DirectoryRun Run { get; private set; }

    /// <summary>The first name behind it.</summary>
    public readonly ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="Storage.ImageException">The index is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }

        _left--;
        Span<byte> bytes = stackalloc byte[MaxEntrySize];
        bytes = bytes[.._layout.IndexSize];
        _cursor.Read(bytes);
        var fields = new Fields(bytes, _volume.Super.Magic.IsBigEndian);
        uint length = fields.Word(_layout.IndexNameLength);
        if (length >= MaxNameLength)
        {
            throw InodeTable.Damaged(_directory.Inode.Position, $"a name in its index has {length + 1L} bytes");
        }

        _nameLength = (int)length + 1;
        _cursor.Read(_name.AsSpan(0, _nameLength));
        Run = RunAt(fields.Word(_layout.Index), fields.Word(_layout.IndexStart));
        return true;
    }

    private readonly DirectoryRun RunAt(uint index, uint block)
    {
        long offset = (_directory.Start.Offset + index) % MetadataBlock.MaxLength;
        ulong table = _volume.Super.DirectoryTable;
        return index < _directory.Length && block < _volume.Super.BytesUsed - table
            ? new DirectoryRun(index, new MetadataPosition((long)table + block, (int)offset))
            : throw InodeTable.Damaged(_directory.Inode.Position, $"its index leads to byte {index}, in metadata block 0x{block:X}");
    }
}
