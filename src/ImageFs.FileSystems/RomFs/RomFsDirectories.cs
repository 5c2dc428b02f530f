using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.RomFs;

/// <summary>The directories of a romfs volume: headers that each lead to the next. "." and ".." are among them.</summary>
/// <param name="volume">The volume.</param>
internal sealed class RomFsDirectories(RomFsVolume volume) : DirectoryListing<RomFsDirectory, DirectoryCursor>(volume.Indexes)
{
    /// <inheritdoc/>
    protected override int PositionUnit => FileHeader.Alignment;

    /// <inheritdoc/>
    protected override RomFsDirectory OpenDirectory(NodeId directory)
    {
        Span<byte> buffer = stackalloc byte[FileHeader.Length];
        FileHeader header = volume.ReadHeader((uint)directory.Value, buffer);
        return header.Type == NodeType.Directory
            ? new RomFsDirectory(header.Target)
            : throw new LinuxException("readdir", Errno.ENOTDIR, $"the file at 0x{directory.Value:X}");
    }

    /// <inheritdoc/>
    protected override DirectoryCursor Read(RomFsDirectory directory, long position) =>
        new(volume, position == 0 ? directory.First : position);

    /// <inheritdoc/>
    protected override int CountDots(RomFsDirectory directory) => 0;
}

/// <summary>A directory that was opened.</summary>
/// <param name="First">Where its first header is; 0 when it has none.</param>
internal sealed record RomFsDirectory(uint First);

/// <summary>
/// Goes through the headers of a directory. Each leads to the next, and no writer has put one before another that leads to it: so each leads
/// forward, and a chain has an end.
/// </summary>
internal ref struct DirectoryCursor : IDirectoryCursor
{
    private const string Structure = "romfs file header";

    // Where the next header is looked for after the last: no address of 32 bits.
    private const long End = 1L << 32;

    // A directory of which more is damaged ends there: each costs an exception.
    private const int MaxDamaged = 256;

    private readonly RomFsVolume _volume;
    private readonly PooledBuffer _name;
    private int _nameLength;
    private int _damaged;
    private UnreachableEntries? _unreachable;

    /// <param name="volume">The volume.</param>
    /// <param name="first">Where the header is that it begins with; 0 for none.</param>
    public DirectoryCursor(RomFsVolume volume, long first)
    {
        _volume = volume;
        _name = new PooledBuffer(FileHeader.MaxNameLength + 1);
        NextPosition = first == 0 ? End : first;
    }

    /// <inheritdoc/>
    public readonly ReadOnlySpan<byte> Name => _name.Span[.._nameLength];

    /// <inheritdoc/>
    public readonly uint Hash => NameHash.Of(Name);

    /// <inheritdoc/>
    public readonly uint? AliasHash => null;

    /// <inheritdoc/>
    public NodeId Node { get; private set; }

    /// <inheritdoc/>
    public NodeType Type { get; private set; }

    /// <inheritdoc/>
    public readonly ulong Inode => Node.Value;

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
    public readonly void Dispose() => _name.Dispose();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        Span<byte> buffer = stackalloc byte[FileHeader.Length];
        while (NextPosition < End)
        {
            Position = NextPosition;
            uint address = (uint)Position;
            uint next = _volume.ReadHeader(address, buffer).Next;
            if (next != 0 && next <= address)
            {
                Pass(RomFsVolume.Invalid(address, $"it leads back to the one at 0x{next:X}"));
                next = 0;
            }

            NextPosition = next == 0 || _damaged > MaxDamaged ? End : next;
            if (TryTake(address))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryTake(uint address)
    {
        try
        {
            _nameLength = _volume.ReadName(address, _name.Span);
            if (Name is not ([(byte)'.'] or [(byte)'.', (byte)'.']) && EntryName.FindProblem(Name) is { } problem)
            {
                (_unreachable ??= new UnreachableEntries()).Add(Structure, address, problem, RomFsVolume.Clause);
                return false;
            }

            Node = new NodeId(_volume.Resolve(address, out NodeType type));
            Type = type;
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Pass(e);
            return false;
        }
    }

    private void Pass(Exception damage)
    {
        Damage ??= damage;
        _damaged++;
    }
}
