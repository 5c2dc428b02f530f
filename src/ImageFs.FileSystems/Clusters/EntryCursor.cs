using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Clusters;

/// <summary>
/// Goes through the 32-byte entries of a directory one by one. A sector that cannot be read is skipped and remembered.
/// </summary>
/// <param name="blocks">The volume, through its cache.</param>
internal sealed class EntryCursor(BlockCache blocks)
{
    /// <summary>Bytes in an entry.</summary>
    public const int EntrySize = 32;

    private const int SectorSize = 512;

    private readonly byte[] _sector = new byte[SectorSize];
    private BlockSource _contents = MemorySource.Empty;
    private long _sectorPosition;
    private long _sectorAddress;

    /// <summary>Whether a sector of zeros has no entries: not where they end the directory.</summary>
    public bool PassesOverZeros { get; init; }

    /// <summary>Where the next entry is, in bytes from the start of the directory.</summary>
    public long NextPosition { get; private set; }

    /// <summary>Where the current entry is, in bytes from the start of the directory.</summary>
    public long Position { get; private set; }

    /// <summary>Where the current entry is, in bytes from the start of the volume.</summary>
    public long Address => _sectorAddress + (Position - _sectorPosition);

    /// <summary>The current entry.</summary>
    public ReadOnlySpan<byte> Current => _sector.AsSpan((int)(Position - _sectorPosition), EntrySize);

    /// <summary>Why the first sector that was passed over could not be read.</summary>
    public Exception? Damage { get; private set; }

    /// <summary>Goes to a directory; before that, the cursor is on none.</summary>
    /// <param name="contents">The directory's contents, as extents of the volume.</param>
    /// <param name="position">Where to begin, in bytes from the start of the directory.</param>
    public void Begin(BlockSource contents, long position)
    {
        _contents = contents;
        _sectorPosition = -1;
        NextPosition = position;
        Damage = null;
    }

    /// <summary>Goes to the next entry.</summary>
    /// <returns>False at the end of the directory.</returns>
    public bool MoveNext()
    {
        while (NextPosition <= _contents.Length - EntrySize)
        {
            Position = NextPosition;
            if (Position - (Position % SectorSize) == _sectorPosition || TryReadSector())
            {
                NextPosition = Position + EntrySize;
                return true;
            }
        }

        return false;
    }

    private bool TryReadSector()
    {
        _sectorPosition = Position - (Position % SectorSize);
        try
        {
            Extent extent = _contents.Map(_sectorPosition, SectorSize, out _);
            _sectorAddress = extent.Address;
            blocks.ReadAt(extent.Address, _sector.AsSpan(0, (int)extent.Length));
            if (!PassesOverZeros || _sector.AsSpan().ContainsAnyExcept((byte)0))
            {
                return true;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Damage ??= e;
        }

        NextPosition = _sectorPosition + SectorSize;
        _sectorPosition = -1;
        return false;
    }
}
