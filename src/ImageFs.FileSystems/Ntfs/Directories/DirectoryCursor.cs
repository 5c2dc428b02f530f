using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs.Directories;

/// <summary>
/// Goes through the entries of a directory one by one, as they lie: those of the root, and then those of each record that is used. So does
/// Linux; the order of names is that of the index only within a record. A damaged record is passed over, and remembered: the others can be read.
/// </summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    // A directory of which more is damaged ends there: each costs an exception.
    private const int MaxDamaged = 256;

    // More than a file record has.
    private const int UnitsOfRoot = 64 * 1024 / IndexEntry.Alignment;

    private readonly Directory _directory;
    private readonly NtfsDirectories _owner;
    private readonly long _start;
    private readonly PooledBuffer _buffer;
    private readonly Span<byte> _nameBuffer;
    private readonly Span<byte> _recordBuffer;
    private IndexWalker _walker;
    private IndexEntry _entry;
    private FileName _name;
    private int _nameLength;
    private long _record;
    private long _address;
    private int _damaged;
    private UnreachableEntries? _unreachable;

    /// <param name="owner">What the names are shown by.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin.</param>
    public DirectoryCursor(NtfsDirectories owner, Directory directory, long position)
    {
        _owner = owner;
        _directory = directory;
        _start = position;
        NextPosition = position;
        int recordSize = directory.Index.BufferSize;
        _buffer = new PooledBuffer(ShownNames.MaxBytes + recordSize);
        _nameBuffer = _buffer.Span[..ShownNames.MaxBytes];
        _recordBuffer = _buffer.Span[ShownNames.MaxBytes..];

        // The root is before all records.
        if (position < UnitsOfRoot)
        {
            _record = -1;
            _walker = new IndexWalker(directory.Index.Root);
            _address = directory.Index.Address;
        }
        else
        {
            _record = ((position - UnitsOfRoot) / UnitsOfRecord) - 1;
        }
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _nameBuffer[.._nameLength];

    /// <inheritdoc/>
    public readonly uint Hash => _owner.Hash(_directory, Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public readonly NodeId Node => new NtfsNode(_entry.File).Id;

    /// <inheritdoc/>
    public readonly NodeType Type => _name.Attributes switch
    {
        var attributes when attributes.HasFlag(FileAttributes.ReparsePoint) => NodeType.Unknown,
        var attributes when attributes.HasFlag(FileAttributes.Directory) => NodeType.Directory,
        _ => NodeType.Regular,
    };

    /// <inheritdoc/>
    public readonly ulong Inode => (ulong)_entry.File.Record;

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

    private readonly long UnitsOfRecord => _directory.Index.RecordSize / IndexEntry.Alignment;

    // Where the entries of the record that it is at have their positions from; those of the root have them from 0.
    private readonly long Place => _record < 0 ? 0 : UnitsOfRoot + (_record * UnitsOfRecord);

    /// <inheritdoc/>
    public readonly NameMatch Match(ReadOnlySpan<byte> name) => _owner.Match(_directory, Name, name);

    /// <inheritdoc/>
    public readonly void Dispose() => _buffer.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        do
        {
            long place = Place;
            while (_walker.MoveNext() && !_walker.IsAtEnd)
            {
                long position = place + (_walker.Offset / IndexEntry.Alignment);
                if (position >= _start && TryTake(_walker.Current))
                {
                    Position = position;
                    NextPosition = place + (_walker.NextOffset / IndexEntry.Alignment);
                    return true;
                }
            }

            if (_walker.Problem is not null)
            {
                Pass(new InvalidImageException(_record < 0 ? "index root" : "index record", _address, _walker.Problem, IndexNode.Clause));
            }
        }
        while (TryGoToNextRecord());
        return false;
    }

    private bool TryTake(IndexEntry entry)
    {
        var name = new FileName(entry.Key);
        if (!name.IsWhole)
        {
            Pass(IndexNode.Damaged(_address, IndexNode.NotWhole(_walker.Offset)));
            return false;
        }

        // The root directory is an entry of itself, "."; no path needs it.
        if (name.NameSpace == NameSpace.Dos || entry.File.Record == SystemFiles.Root || !_owner.IsShown(entry.File.Record, name.Attributes))
        {
            return false;
        }

        if (entry.File.Record >= _owner.RecordCount)
        {
            Pass(new InvalidImageException("index entry", _address, $"it leads to file record {entry.File}, and there are {_owner.RecordCount}", IndexNode.Clause));
            return false;
        }

        if (name.Parent.Record != _directory.Reference.Record)
        {
            Pass(new InvalidImageException("index entry", _address, $"file record {entry.File} is listed in {_directory.Reference}, and is in {name.Parent}", IndexNode.Clause));
            return false;
        }

        _nameLength = _owner.Names.Encode(name.Name, _nameBuffer);
        if (EntryName.FindProblem(Name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add("index entry", _address, problem, IndexNode.Clause);
            return false;
        }

        _entry = entry;
        _name = name;
        return true;
    }

    private void Pass(Exception damage)
    {
        Damage ??= damage;
        _damaged++;
    }

    private bool TryGoToNextRecord()
    {
        while (_damaged < MaxDamaged && _directory.Index.FindUsed(_record + 1) is { } next)
        {
            _record = next;
            _walker = default;
            try
            {
                _walker = new IndexWalker(_directory.Index.Read(next, _recordBuffer, out _address));
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
