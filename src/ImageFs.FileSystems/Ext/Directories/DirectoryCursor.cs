using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// Goes through the entries of a directory one by one. A damaged block is passed over, and remembered: what follows it can still be
/// read.
/// </summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    // A directory of which more is damaged ends there: each costs an exception.
    private const int MaxDamaged = 256;

    // Those of the directory itself and of its parent are the first entries of the first block.
    private const int DotEntries = 2;

    private readonly Directory _directory;
    private readonly Geometry _geometry;
    private readonly long _start;
    private readonly PooledBuffer _buffer;
    private readonly byte[]? _encoded;
    private DirEntryWalker _walker;
    private DirEntry _entry;
    private long _region;
    private long _nextRegion;
    private long _address;
    private int _encodedLength;
    private int _damaged;
    private int _entries;
    private UnreachableEntries? _unreachable;

    /// <param name="directory">The directory.</param>
    /// <param name="geometry">The file system's sizes.</param>
    /// <param name="position">Where to begin, in bytes from the start of the directory.</param>
    public DirectoryCursor(Directory directory, Geometry geometry, long position)
    {
        _directory = directory;
        _geometry = geometry;
        _start = position;
        _buffer = new PooledBuffer(geometry.BlockSize);
        _encoded = directory.IsEncrypted ? new byte[NoKeyName.MaxLength] : null;
        _walker = new DirEntryWalker([], geometry);
        _nextRegion = directory.IsInline
            ? (position < Ext.Inode.BlockLength ? directory.FirstEntry : Ext.Inode.BlockLength)
            : position - (position % geometry.BlockSize);
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _encodedLength > 0 ? _encoded.AsSpan(0, _encodedLength) : _entry.Name;

    /// <inheritdoc/>
    public readonly uint Hash => _directory.HashName(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public readonly NodeId Node => new(_entry.Inode);

    /// <inheritdoc/>
    public readonly NodeType Type => _entry.Type;

    /// <inheritdoc/>
    public readonly ulong Inode => _entry.Inode;

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Record => [];

    /// <inheritdoc/>
    public readonly long Position => _region + _walker.Offset;

    /// <inheritdoc/>
    public readonly long NextPosition => _region + _walker.NextOffset;

    /// <inheritdoc/>
    public Exception? Damage { get; private set; }

    /// <inheritdoc/>
    public readonly Exception? Unreachable => _unreachable?.Error;

    /// <inheritdoc/>
    public readonly NameMatch Match(ReadOnlySpan<byte> name) =>
        new SoughtName(name, _directory.Flags).Matches(Name) ? NameMatch.Same : NameMatch.None;

    /// <inheritdoc/>
    public readonly void Dispose() => _buffer.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        do
        {
            while (_walker.MoveNext())
            {
                _entries++;
                _entry = _walker.Current;
                if (_region + _walker.Offset < _start)
                {
                    continue;
                }

                if (TryTakeName())
                {
                    return true;
                }
            }

            if (_walker.Problem is not null)
            {
                Pass(Damaged(_walker.NextOffset, _walker.Problem));
            }
        }
        while (TryGoToNextRegion());
        return false;
    }

    private bool TryTakeName()
    {
        ReadOnlySpan<byte> name = _entry.Name;
        bool isDots = name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);
        bool isEncoded = _encoded is not null && !isDots && !name.IsEmpty;
        bool isOwn = isDots && _region == 0 && _entries <= DotEntries;
        if (!isEncoded && !isOwn && EntryName.FindProblem(name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add("directory entry", _address + _walker.Offset, problem, Directory.Clause);
            return false;
        }

        _encodedLength = isEncoded ? _directory.EncodeName(name, _encoded) : 0;
        return true;
    }

    private readonly InvalidImageException Damaged(int offset, string problem) =>
        new("directory entry", _address + offset, problem, Directory.Clause);

    private void Pass(Exception damage)
    {
        Damage ??= damage;
        _damaged++;
    }

    private bool TryGoToNextRegion()
    {
        while (_nextRegion < _directory.Length && _damaged < MaxDamaged)
        {
            _region = _nextRegion;
            _nextRegion = _directory.IsInline
                ? (_region < Ext.Inode.BlockLength ? Ext.Inode.BlockLength : _directory.Length)
                : _region + _geometry.BlockSize;
            try
            {
                _walker = new DirEntryWalker(_directory.Read(_region, _buffer.Span, out _address), _geometry);
                return true;
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                Pass(e);
            }
        }

        return false;
    }
}
