using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Iso9660.RockRidge;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Goes through the entries of a directory as Linux shows them: the records of a file's further sections, relocated directories and
/// what the options hide are left out. What is damaged is passed over, and remembered.
/// </summary>
internal ref struct DirectoryReader : IDirectoryCursor
{
    private const int BufferLength = (2 * DirectoryRecord.MaxLength) + JolietName.MaxLength;

    // Records may share continuation areas, and then a directory would cost far more than its bytes. The longest areas that are written
    // are of entries of 255 bytes, 64 KiB for a record.
    private const long MaxSteps = 1 << 18;
    private const int StepsOfRecord = 320;

    private readonly Iso9660Volume _volume;
    private readonly NodeId _directory;
    private readonly PooledBuffer _buffer;
    private readonly Span<byte> _identifier;
    private readonly Span<byte> _name;
    private DirectoryCursor _cursor;
    private int _identifierLength;
    private int _nameLength;
    private InvalidImageException? _damage;
    private UnreachableEntries? _unreachable;
    private long _steps;
    private long _records;

    /// <param name="volume">The volume.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where to begin: 0, or a position of an entry.</param>
    public DirectoryReader(Iso9660Volume volume, Iso9660Directory directory, long position)
    {
        _volume = volume;
        _directory = directory.Node;
        _buffer = new PooledBuffer(BufferLength);
        Span<byte> buffer = _buffer.Span;
        _cursor = new DirectoryCursor(
            volume.Cache, volume.BlockSize, directory.Address, directory.Length, position, buffer[..DirectoryRecord.MaxLength])
        {
            IsHighSierra = volume.Descriptors.IsHighSierra,
        };
        _identifier = buffer.Slice(DirectoryRecord.MaxLength, DirectoryRecord.MaxLength);
        _name = buffer[(2 * DirectoryRecord.MaxLength)..];
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _name[.._nameLength];

    /// <inheritdoc/>
    public readonly uint Hash => _volume.Comparison.Hash(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public NodeId Node { get; private set; }

    /// <inheritdoc/>
    public NodeType Type { get; private set; }

    /// <inheritdoc/>
    public ulong Inode { get; private set; }

    /// <inheritdoc/>
    /// <remarks>A directory has a record of its own in itself, a file in several sections the first of them elsewhere.</remarks>
    public readonly ReadOnlySpan<byte> Record => Type != NodeType.Directory && Position == _cursor.Position ? _cursor.Current.Bytes : [];

    /// <summary>Where the entry is: its first record, in bytes from the start of the directory.</summary>
    public long Position { get; private set; }

    /// <inheritdoc/>
    public readonly long NextPosition => _cursor.NextPosition;

    /// <inheritdoc/>
    public readonly Exception? Damage => _damage ?? _cursor.Damage;

    /// <inheritdoc/>
    public readonly Exception? Unreachable => _unreachable?.Error;

    /// <inheritdoc/>
    public readonly NameMatch Match(ReadOnlySpan<byte> name) =>
        Name.SequenceEqual(name) ? NameMatch.Same : _volume.Comparison.AreEqual(Name, name) ? NameMatch.Similar : NameMatch.None;

    /// <inheritdoc/>
    public readonly void Dispose() => _buffer.Dispose();

    /// <inheritdoc/>
    /// <exception cref="InvalidImageException">What follows costs more to read than any program has written.</exception>
    public bool MoveNext()
    {
        bool isContinued = false;
        while (_steps <= MaxSteps + (_records * StepsOfRecord) && _cursor.MoveNext())
        {
            _records++;
            DirectoryRecord record = _volume.Note(_cursor.Current, _cursor.Address);
            if (isContinued && !record.FileIdentifier.SequenceEqual(_identifier[.._identifierLength]))
            {
                _damage ??= FileSectionReader.Unfinished(_cursor.Address - _cursor.Position + Position);
                isContinued = false;
            }

            if (!isContinued)
            {
                Position = _cursor.Position;
            }

            isContinued = record.Flags.HasFlag(FileFlags.MultiExtent);
            if (isContinued)
            {
                record.FileIdentifier.CopyTo(_identifier);
                _identifierLength = record.FileIdentifier.Length;
            }
            else if (TryTake(record))
            {
                return true;
            }
        }

        if (_steps > MaxSteps + (_records * StepsOfRecord))
        {
            throw new InvalidImageException(
                "directory record", _cursor.Address, $"it and the {_records} before it have {_steps} System Use Entries: nothing writes that many", "SUSP 4");
        }

        if (isContinued)
        {
            _damage ??= FileSectionReader.Unfinished(_cursor.Address - _cursor.Position + Position);
        }

        return false;
    }

    /// <summary>Makes an entry of the last record of a file.</summary>
    /// <returns>False when it is not shown.</returns>
    private bool TryTake(DirectoryRecord record)
    {
        try
        {
            if (record.IsSelf || record.IsParent)
            {
                TakeDot(record);
                return true;
            }

            Iso9660Options options = _volume.Options;
            bool isHidden = options.Hide && record.Flags.HasFlag(FileFlags.Hidden);
            bool isAssociated = !options.ShowAssociated && record.Flags.HasFlag(FileFlags.Associated);
            return !isHidden && !isAssociated && TryTakeNamed(record);
        }
        catch (InvalidImageException e)
        {
            _damage ??= e;
            return false;
        }
    }

    private void TakeDot(DirectoryRecord record)
    {
        Type = NodeType.Directory;
        _nameLength = record.IsSelf ? 1 : 2;
        _name[.._nameLength].Fill((byte)'.');
        Node = record.IsSelf
            ? _directory
            : ToNode(_volume.ReadRockRidgeName(record, _cursor.Address, _identifier, ref _steps).ParentLocation ?? record.LocationOfData);
        Inode = Iso9660Node.FindNumber(Type, default, (long)Node.Value);
    }

    private bool TryTakeNamed(DirectoryRecord record)
    {
        RockRidgeFields fields = _volume.ReadRockRidgeName(record, _cursor.Address, _name, ref _steps);
        if (fields.IsRelocated)
        {
            return false;
        }

        _nameLength = fields.Name.Length;
        if (_nameLength == 0)
        {
            _nameLength = _volume.Tree == Iso9660Tree.Joliet
                ? JolietName.Translate(record.FileIdentifier, _volume.Options.Charset, _name)
                : PlainName.Translate(record, _volume.Options.Mapping, _name);
        }

        if (EntryName.FindProblem(Name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add("directory record", _cursor.Address, problem, "ECMA-119 7.5");
            return false;
        }

        if (fields.ChildLocation is uint child)
        {
            Type = NodeType.Directory;
            Node = ToNode(child);
        }
        else
        {
            Type = Iso9660Node.FindType(record, fields.Mode, _cursor.Address);
            Node = Type == NodeType.Directory
                ? ToNode(record.LocationOfData)
                : new NodeId((ulong)(_cursor.Address - _cursor.Position + Position));
        }

        Inode = Iso9660Node.FindNumber(Type, fields, (long)Node.Value);
        return true;
    }

    /// <summary>A directory by its own record, so that it is one node however it is reached.</summary>
    private readonly NodeId ToNode(long block) => new((ulong)_volume.ToAddress(block));
}
