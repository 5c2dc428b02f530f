using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf.Files;

/// <summary>
/// Goes through the entries of a directory as Linux shows them. What is damaged is passed over where the next entry can still be
/// found, and remembered.
/// </summary>
internal ref struct DirectoryReader
{
    private readonly UdfVolume _volume;
    private readonly BlockSource _directory;
    private readonly Span<byte> _entry;
    private readonly Span<byte> _name;
    private int _nameLength;
    private UnreachableEntries? _unreachable;

    /// <param name="volume">The volume.</param>
    /// <param name="directory">The directory's contents.</param>
    /// <param name="position">Where to begin: 0, or a position of an entry.</param>
    /// <param name="buffer">At least <see cref="BufferLength"/> bytes.</param>
    /// <param name="maxName">Bytes that a name is cut to.</param>
    public DirectoryReader(UdfVolume volume, BlockSource directory, long position, Span<byte> buffer, int maxName = FileName.MaxLength)
    {
        _volume = volume;
        _directory = directory;
        _entry = buffer[..volume.BlockSize];
        _name = buffer.Slice(volume.BlockSize, maxName);
        NextPosition = position;
    }

    /// <summary>The entry's name; good until the next one.</summary>
    public readonly ReadOnlySpan<byte> Name => _name[.._nameLength];

    /// <summary>What it names.</summary>
    public LogicalBlock Icb { get; private set; }

    /// <summary>Whether it is the parent directory's.</summary>
    public bool IsParent { get; private set; }

    /// <summary>Its type, if the entry says.</summary>
    public NodeType Type { get; private set; }

    /// <summary>Where the entry is, in bytes from the start of the directory.</summary>
    public long Position { get; private set; }

    /// <summary>Where the next entry is looked for.</summary>
    public long NextPosition { get; private set; }

    /// <summary>The first thing that was damaged and passed over.</summary>
    public InvalidImageException? Damage { get; private set; }

    /// <summary>What was passed over because no path can lead to it.</summary>
    public readonly InvalidImageException? Unreachable => _unreachable?.Error;

    /// <summary>Bytes that a reader's buffer has.</summary>
    public static int BufferLength(UdfVolume volume) => volume.BlockSize + FileName.MaxLength;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ImageException">What follows cannot be read.</exception>
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
