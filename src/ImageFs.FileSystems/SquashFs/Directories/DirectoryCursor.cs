using System.Buffers;
using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Directories;

/// <summary>Goes through the entries of a directory. A position is a byte of the directory, headers and all.</summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    private const string Structure = "directory entry";
    private const string Clause = "squashfs_dir_entry";

    // SQUASHFS_NAME_LEN.
    private const int MaxNameLength = 256;

    // SQUASHFS_DIR_COUNT.
    private const int MaxCount = 256;

    private const int MaxHeaderSize = 12;

    private readonly Directory _directory;
    private readonly DirectoryLayout _layout;
    private readonly bool _isBigEndian;
    private readonly bool _hasNumbers;
    private readonly long _from;
    private MetadataCursor _cursor;
    private byte[]? _room;
    private uint _block;
    private uint _number;
    private long _left;
    private UnreachableEntries? _unreachable;

    /// <param name="volume">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin: what is before is passed over.</param>
    public DirectoryCursor(SquashFsVolume volume, Directory directory, long position)
        : this(volume, directory, directory.FindRun(position)) => _from = position;

    /// <param name="volume">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="run">The header to begin with.</param>
    public DirectoryCursor(SquashFsVolume volume, Directory directory, DirectoryRun run)
    {
        VersionLayout layout = volume.Super.Layout;
        _directory = directory;
        _layout = layout.Directory;
        _hasNumbers = layout.HasNumbers;
        _isBigEndian = volume.Super.Magic.IsBigEndian;
        _cursor = volume.Metadata.Open(run.Position);
        Position = run.Offset;
        NextPosition = run.Offset;
    }

    /// <summary>The header of the entry.</summary>
    public DirectoryRun Run { get; private set; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <inheritdoc/>
    public readonly uint Hash => NameHash.Of(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public NodeId Node { get; private set; }

    /// <inheritdoc/>
    public NodeType Type { get; private set; }

    /// <inheritdoc/>
    public ulong Inode { get; private set; }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Record => [];

    /// <inheritdoc/>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public long NextPosition { get; private set; }

    /// <inheritdoc/>
    public Exception? Damage { get; private set; }

    /// <inheritdoc/>
    public readonly Exception? Unreachable => _unreachable?.Error;

    /// <inheritdoc/>
    public readonly NameMatch Match(ReadOnlySpan<byte> name) => name.SequenceEqual(Name) ? NameMatch.Same : NameMatch.None;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_room is not null)
        {
            ArrayPool<byte>.Shared.Return(_room);
            _room = null;
        }
    }

    /// <inheritdoc/>
    public bool MoveNext()
    {
        while (_left > 0 || NextPosition < _directory.Length)
        {
            if (_left == 0)
            {
                ReadHeader();
            }

            if (ReadEntry() && Position >= _from)
            {
                return true;
            }
        }

        return false;
    }

    private void ReadHeader()
    {
        Run = new DirectoryRun(NextPosition, _cursor.Position);
        Span<byte> bytes = stackalloc byte[MaxHeaderSize];
        bytes = bytes[.._layout.HeaderSize];
        _cursor.Read(bytes);
        var fields = new Fields(bytes, _isBigEndian);
        _left = (long)fields.Word(_layout.Count) + 1;
        _block = fields.Word(_layout.Start);
        _number = fields.Word(_layout.InodeNumber);
        NextPosition += _layout.HeaderSize;
        if (_left > MaxCount)
        {
            throw Damaged("directory header", $"it has {_left} entries", "squashfs_dir_header");
        }
    }

    private bool ReadEntry()
    {
        Span<byte> bytes = stackalloc byte[MaxHeaderSize];
        bytes = bytes[.._layout.EntrySize];
        _cursor.Read(bytes);
        var fields = new Fields(bytes, _isBigEndian);
        int length = fields.Small(_layout.NameLength) + 1;
        if (length > MaxNameLength)
        {
            throw Damaged(Structure, $"its name has {length} bytes");
        }

        _room ??= ArrayPool<byte>.Shared.Rent(MaxNameLength);
        Name = _cursor.Take(length, _room);
        Position = NextPosition;
        NextPosition += _layout.EntrySize + length;
        _left--;
        if (NextPosition > _directory.Length)
        {
            throw Damaged(Structure, $"it reaches beyond the {_directory.Length} bytes of its directory");
        }

        int offset = fields.Small(_layout.Offset);
        Node = InodeTable.NodeOf(_block, offset);
        Type = VersionLayout.NodeTypeOf(fields.Small(_layout.Type));
        Inode = _hasNumbers ? unchecked(_number + (uint)(short)fields.Word(_layout.InodeDelta)) : Node.Value + 1;
        if (EntryName.FindProblem(Name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add(Structure, Run.Position.Block, problem, Clause);
            return false;
        }

        if (offset >= MetadataBlock.MaxLength)
        {
            Damage ??= Damaged(Structure, $"its inode is at byte {offset} of a metadata block");
            return false;
        }

        return true;
    }

    private readonly InvalidImageException Damaged(string structure, string problem, string clause = Clause) =>
        new(structure, Run.Position.Block, $"at byte {Position} of the directory of inode {_directory.Inode.Number}: {problem}", clause);
}
