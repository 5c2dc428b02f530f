using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Names;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// Goes through a directory of FAT. As in Linux, a long name counts only when all its parts come in order right before the short name
/// that their checksum is of.
/// </summary>
/// <param name="cursor">On the directory's entries.</param>
/// <param name="idle">Where the reader goes when it is no longer needed.</param>
/// <param name="volume">The volume.</param>
/// <param name="shortName">How short names are shown.</param>
/// <param name="names">How names are compared.</param>
internal sealed class FatDirectoryReader(EntryCursor cursor, IdleReaders idle, FatVolume volume, ShortName shortName, FatNames names)
    : DirectoryReader(cursor, idle)
{
    private const int DotEntries = 2;
    private const int MaxUnits = LongNameEntry.MaxParts * LongNameEntry.Units;

    private readonly char[] _units = new char[MaxUnits];
    private readonly byte[] _long = new byte[MaxUnits * Utf16Name.MaxBytesPerUnit];
    private readonly byte[] _short = new byte[ShortName.MaxLength * Utf16Name.MaxBytesPerUnit];
    private int _longLength;
    private int _shortLength;
    private uint _firstCluster;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _longLength > 0 ? _long.AsSpan(0, _longLength) : Short;

    /// <inheritdoc/>
    public override uint Hash => names.Hash(Name);

    /// <inheritdoc/>
    public override uint? AliasHash => _longLength > 0 && _shortLength > 0 ? names.Hash(Short) : null;

    /// <inheritdoc/>
    public override NodeId Node => new((ulong)Cursor.Address);

    /// <inheritdoc/>
    public override NodeType Type => Entry.IsDirectory ? NodeType.Directory : NodeType.Regular;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Record => Cursor.Current;

    /// <inheritdoc/>
    public override uint FirstCluster => volume.FirstCluster(Entry);

    private ReadOnlySpan<byte> Short => _short.AsSpan(0, _shortLength);

    private ShortNameEntry Entry => new(Cursor.Current);

    // The first two entries, but for a root directory, which has none (fatgen103 6.5); and what is harmless elsewhere.
    private bool IsOwnDot => Entry.IsDot && Entry.IsDirectory
        && (FirstCluster == 0 || FirstCluster == _firstCluster || (Cursor.Position < DotEntries * EntryCursor.EntrySize && !volume.IsRoot(_firstCluster)));

    /// <inheritdoc/>
    public override void Begin(ClusterDirectory directory, long position)
    {
        base.Begin(directory, position);
        _firstCluster = directory.FirstCluster;
    }

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        while (Cursor.MoveNext())
        {
            Position = Cursor.Position;
            if (TryReadName() && !IsOwnDot && IsReachable(Name, "directory entry", Cursor.Address, "fatgen103 6.1"))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    protected override bool Matches(ReadOnlySpan<byte> name) =>
        names.AreEqual(name, Short) || names.AreEqual(name, _long.AsSpan(0, _longLength));

    /// <summary>Reads the name that begins at the current entry, and goes to the entry that it is of.</summary>
    /// <returns>False when the entry is of no file.</returns>
    private bool TryReadName()
    {
        _longLength = 0;
        while (Entry.IsLongName)
        {
            if (!TryReadLongName())
            {
                return false;
            }
        }

        if (Entry.IsFree || Entry.IsVolumeLabel)
        {
            return false;
        }

        _shortLength = shortName.Show(Entry, _short);
        return true;
    }

    /// <summary>Reads the parts of a long name, and goes to the entry after them.</summary>
    /// <returns>False when the current entry begins no long name, or the directory ends.</returns>
    private bool TryReadLongName()
    {
        Position = Cursor.Position;
        var last = new LongNameEntry(Cursor.Current);
        int part = last.Ordinal;
        byte checksum = last.Checksum;
        if (!last.IsLast || part is 0 or > LongNameEntry.MaxParts)
        {
            return false;
        }

        int units = part * LongNameEntry.Units;
        while (true)
        {
            part--;
            new LongNameEntry(Cursor.Current).CopyUnits(_units.AsSpan(part * LongNameEntry.Units));
            if (!Cursor.MoveNext())
            {
                return false;
            }

            if (part == 0)
            {
                break;
            }

            var next = new LongNameEntry(Cursor.Current);
            if (!Entry.IsLongName || next.Ordinal != part || next.Checksum != checksum)
            {
                // It is an orphan. What broke it off is read as if nothing had come before.
                Position = Cursor.Position;
                return true;
            }
        }

        // After a deleted entry there may still be the parts of its name.
        if (!Entry.IsFree && !Entry.IsLongName && Entry.Checksum == checksum)
        {
            _longLength = Utf16Name.Encode(_units.AsSpan(0, units), shortName.Charset, (byte)'?', _long);
        }

        return true;
    }
}
