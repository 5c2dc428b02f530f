using ImageFs.FileSystems.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs.Directories;

/// <summary>
/// Goes through the entries of a directory: by name in bytes, "." and ".." in their places among them. A position is that of an entry in bytes. A
/// directory that has no "." shows it last, as in Linux.
/// </summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    private readonly ErofsVolume _volume;
    private readonly Directory _directory;
    private readonly PooledBuffer _buffer;
    private DirectoryBlock _block;
    private long _blockStart = -1;
    private UnreachableEntries? _unreachable;

    /// <param name="volume">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin.</param>
    public DirectoryCursor(ErofsVolume volume, Directory directory, long position)
    {
        _volume = volume;
        _directory = directory;
        _buffer = new PooledBuffer(volume.Geometry.BlockSize);
        Position = position;
        NextPosition = position;
    }

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
    public readonly ulong Inode => NodeNumber.ToInode(Node.Value, _volume.Geometry.HasMetabox);

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
    public readonly void Dispose() => _buffer.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        int blockSize = _volume.Geometry.BlockSize;
        while (NextPosition < _directory.Size)
        {
            long inBlock = NextPosition % blockSize;
            long start = NextPosition - inBlock;
            if (start != _blockStart)
            {
                // What is behind a block that cannot be read is not looked for, as in Linux: a directory may claim any length.
                _block = _directory.Read(start, _buffer.Span);
                _blockStart = start;
            }

            int entry = (int)((inBlock + DirectoryBlock.EntrySize - 1) / DirectoryBlock.EntrySize);
            if (entry >= _block.Count)
            {
                NextPosition = start + blockSize;
                continue;
            }

            Position = start + (entry * DirectoryBlock.EntrySize);
            NextPosition = Position + DirectoryBlock.EntrySize;
            if (TryTake(entry))
            {
                return true;
            }
        }

        return TryTakeDot();
    }

    private bool TryTake(int entry)
    {
        if (!_block.TryGetName(entry, out ReadOnlySpan<byte> name))
        {
            Damage ??= _directory.Damaged(Position, "the name of an entry leaves its block, or is too long");
            return false;
        }

        if (!IsDot(name) && EntryName.FindProblem(name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add("directory entry", Position, problem, "erofs_dirent");
            return false;
        }

        Name = name;
        Node = new NodeId(_block.NodeOf(entry));
        Type = FileTypes.TypeOf(_block.TypeOf(entry));
        return true;
    }

    // It is behind all blocks, at the place of a block that is not there.
    private bool TryTakeDot()
    {
        long place = RoundUp(_directory.Size);
        if (!_directory.Inode.OmitsDot || NextPosition > place)
        {
            return false;
        }

        Position = place;
        NextPosition = place + DirectoryBlock.EntrySize;
        Name = "."u8;
        Node = _directory.Node;
        Type = NodeType.Directory;
        return true;
    }

    private readonly long RoundUp(long size) => size == 0 ? 0 : (((size - 1) / _volume.Geometry.BlockSize) + 1) * _volume.Geometry.BlockSize;

    private static bool IsDot(ReadOnlySpan<byte> name) => name is [(byte)'.'] or [(byte)'.', (byte)'.'];
}
