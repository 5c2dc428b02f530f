using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>
/// Goes through the entries of a directory as Linux shows them. What is damaged is passed over where the next entry can still be
/// found, and remembered.
/// </summary>
internal ref struct DirectoryReader : IDirectoryCursor
{
    private readonly UdfVolume _volume;
    private readonly BlockSource _directory;
    private readonly PooledBuffer _buffer;
    private readonly Span<byte> _entry;
    private readonly Span<byte> _name;
    private int _nameLength;
    private UnreachableEntries? _unreachable;

    /// <param name="volume">The volume.</param>
    /// <param name="directory">The directory's contents.</param>
    /// <param name="position">Where to begin: 0, or a position of an entry.</param>
    /// <param name="maxName">Bytes that a name is cut to.</param>
    public DirectoryReader(UdfVolume volume, BlockSource directory, long position, int maxName = FileName.MaxLength)
    {
        _volume = volume;
        _directory = directory;
        _buffer = new PooledBuffer(volume.BlockSize + maxName);
        _entry = _buffer.Span[..volume.BlockSize];
        _name = _buffer.Span[volume.BlockSize..];
        NextPosition = position;
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _name[.._nameLength];

    /// <inheritdoc/>
    public readonly uint Hash => NameHash.Of(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <summary>The block that the ICB of what it names begins with.</summary>
    public LogicalBlock Icb { get; private set; }

    /// <inheritdoc/>
    public readonly NodeId Node => UdfNode.Of(Icb);

    /// <summary>Whether it is the parent directory's.</summary>
    public bool IsParent { get; private set; }

    /// <inheritdoc/>
    public NodeType Type { get; private set; }

    /// <inheritdoc/>
    public readonly ulong Inode => UdfNode.FindNumber(_volume, Icb);

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
    public readonly NameMatch Match(ReadOnlySpan<byte> name) => Name.SequenceEqual(name) ? NameMatch.Same : NameMatch.None;

    /// <inheritdoc/>
    public readonly void Dispose() => _buffer.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        while (NextPosition < _directory.Length)
        {
            Position = NextPosition;
            if (!TryRead(out FileIdentifier entry))
            {
                continue;
            }

            FileCharacteristics characteristics = entry.Characteristics;
            bool isHidden = (characteristics.HasFlag(FileCharacteristics.Deleted) && !_volume.Options.ShowDeleted)
                || (characteristics.HasFlag(FileCharacteristics.Hidden) && !_volume.Options.ShowHidden);
            if (!isHidden && TryTake(entry))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads the entry at the position; where the next one is, is known afterwards.</summary>
    private bool TryRead(out FileIdentifier entry)
    {
        long left = _directory.Length - Position;
        entry = default;
        string? problem = $"{left} bytes are left for it";
        if (left >= FileIdentifier.FixedLength)
        {
            Span<byte> known = _entry[..FileIdentifier.FixedLength];
            _volume.ReadAt(_directory, Position, known);
            entry = new FileIdentifier(known);
            problem = entry.FindProblem(left, _volume.BlockSize);
        }

        if (problem is not null)
        {
            // Its length is not known: no further entry can be told from a name.
            NextPosition = _directory.Length;
            AddDamage(problem);
            return false;
        }

        int length = entry.Length;
        _volume.ReadAt(_directory, Position + FileIdentifier.FixedLength, _entry[FileIdentifier.FixedLength..length]);
        entry = new FileIdentifier(_entry[..length]);
        NextPosition = Position + length;
        problem = new DescriptorTag(_entry[..length]).FindWrongCrc();
        if (problem is not null)
        {
            AddDamage(problem);
        }

        return problem is null;
    }

    private bool TryTake(FileIdentifier entry)
    {
        Icb = entry.Icb;
        IsParent = entry.Characteristics.HasFlag(FileCharacteristics.Parent);
        Type = IsParent || entry.Characteristics.HasFlag(FileCharacteristics.Directory) ? NodeType.Directory : NodeType.Unknown;
        if (IsParent)
        {
            _nameLength = 2;
            _name[.._nameLength].Fill((byte)'.');
            return true;
        }

        _nameLength = FileName.Translate(entry.Name, _volume.Options.Charset, _name);
        if (_nameLength == 0)
        {
            AddDamage("its name is not compressed Unicode (UDF 2.60 2.1.1)");
            return false;
        }

        if (EntryName.FindProblem(Name) is { } problem)
        {
            (_unreachable ??= new UnreachableEntries()).Add(
                TagIdentifier.FileIdentifierDescriptor.ToName(),
                _volume.FindAddress(_directory, Position),
                problem,
                TagIdentifier.FileIdentifierDescriptor.ToClause());
            return false;
        }

        return true;
    }

    private void AddDamage(string problem) => Damage ??= new InvalidImageException(
        TagIdentifier.FileIdentifierDescriptor.ToName(),
        _volume.FindAddress(_directory, Position),
        problem,
        TagIdentifier.FileIdentifierDescriptor.ToClause());
}
