using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs.Directories;

/// <summary>
/// Goes through the entries of a directory one by one. A damaged block is passed over, and remembered: what follows it can still be
/// read. Positions are those that Linux gives: places in units of 8 bytes (xfs_dir2_dataptr_t).
/// </summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    // A directory of which more is damaged ends there: each costs an exception.
    private const int MaxDamaged = 256;

    private readonly Directory _directory;
    private readonly long _start;
    private readonly PooledBuffer _buffer;
    private readonly bool _hasTypes;
    private ShortFormWalker _local;
    private DirectoryDataWalker _walker;
    private DirectoryName _entry;
    private long _block;
    private long _address;
    private int _damaged;
    private UnreachableEntries? _unreachable;

    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin.</param>
    public DirectoryCursor(Directory directory, long position)
    {
        _directory = directory;
        _start = position;
        _hasTypes = directory.Volume.Geometry.HasFileTypes;
        _buffer = new PooledBuffer(directory.IsLocal ? 0 : directory.BlockSize);
        _address = directory.Address;
        if (directory.IsLocal)
        {
            _local = new ShortFormWalker(directory.Local, _hasTypes);
            NextPosition = position;
        }
        else
        {
            _block = (position / (directory.BlockSize / DirectoryData.Unit)) - 1;
            NextPosition = position;
        }
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _entry.Name;

    /// <inheritdoc/>
    public readonly uint Hash => _directory.HashInMemory(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public readonly NodeId Node => new((ulong)_entry.Inode);

    /// <inheritdoc/>
    public readonly NodeType Type => _entry.Type;

    /// <inheritdoc/>
    public readonly ulong Inode => (ulong)_entry.Inode;

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
    public readonly NameMatch Match(ReadOnlySpan<byte> name) => _directory.Match(Name, name);

    /// <inheritdoc/>
    public readonly void Dispose() => _buffer.Dispose();

    /// <inheritdoc/>
    public bool MoveNext() => _directory.IsLocal ? MoveNextLocal() : MoveNextInBlocks();

    private bool MoveNextLocal()
    {
        while (_local.MoveNext())
        {
            if (_local.Offset / DirectoryData.Unit >= _start && TryTake(_local.Current, _local.Offset, _local.NextOffset))
            {
                return true;
            }
        }

        if (_local.Problem is not null)
        {
            Damage ??= new InvalidImageException($"directory of inode {_directory.Number}", _address, _local.Problem, "xfs_dir2_sf_entry");
        }

        return false;
    }

    private bool MoveNextInBlocks()
    {
        do
        {
            while (_walker.MoveNext())
            {
                long place = _block * _directory.BlockSize;
                if ((place + _walker.Offset) / DirectoryData.Unit >= _start && TryTake(_walker.Current, place + _walker.Offset, place + _walker.NextOffset))
                {
                    return true;
                }
            }

            if (_walker.Problem is not null)
            {
                Pass(new InvalidImageException("directory entry", _address + _walker.Offset, _walker.Problem, DirectoryData.Clause));
            }
        }
        while (TryGoToNextBlock());
        return false;
    }

    private bool TryTake(DirectoryName entry, long offset, long nextOffset)
    {
        // Those of the directory itself and of its parent are entries of the first block.
        ReadOnlySpan<byte> name = entry.Name;
        bool isOwn = !_directory.IsLocal && _block == 0 && (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8));
        if (!isOwn && EntryName.FindProblem(name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add("directory entry", _address, problem, DirectoryData.Clause);
            return false;
        }

        _entry = entry;
        Position = offset / DirectoryData.Unit;
        NextPosition = nextOffset / DirectoryData.Unit;
        return true;
    }

    private void Pass(Exception damage)
    {
        Damage ??= damage;
        _damaged++;
    }

    private bool TryGoToNextBlock()
    {
        while (_damaged < MaxDamaged)
        {
            try
            {
                if (_directory.FindBlock(_block + 1) is not { } next)
                {
                    return false;
                }

                _block = next;
                _walker = new DirectoryDataWalker(_directory.Read(next, _buffer.Span, out _address), _hasTypes);
                return true;
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                // It may have been the map: then the same error comes until there were too many of them.
                _block++;
                _walker = default;
                Pass(e);
            }
        }

        return false;
    }
}
