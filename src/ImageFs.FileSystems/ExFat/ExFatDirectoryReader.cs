using System.Text;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Names;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.ExFat;

/// <summary>Goes through a directory of exFAT. Entries that are of no file, known or not, are passed over, as in Linux.</summary>
/// <param name="cursor">On the directory's entries.</param>
/// <param name="idle">Where the reader goes when it is no longer needed.</param>
/// <param name="upcase">How names are compared.</param>
/// <param name="charset">The character set that names are shown in.</param>
internal sealed class ExFatDirectoryReader(EntryCursor cursor, IdleReaders idle, UpcaseTable upcase, NameCharset charset) : DirectoryReader(cursor, idle)
{
    /// <summary>The bit of a node id that says that the entry's directory is contiguous: entries are at multiples of 32.</summary>
    public const ulong ContiguousBit = 1;

    // Those of a name of the most units.
    private const int UsualEntries = 19;

    private readonly char[] _units = new char[EntrySet.MaxNameLength];
    private readonly byte[] _name = new byte[EntrySet.MaxNameLength * Utf16Name.MaxBytesPerUnit];
    private byte[] _set = new byte[UsualEntries * EntryCursor.EntrySize];
    private int _setLength;
    private int _unitCount;
    private int _nameLength;
    private bool _isPastSet;
    private bool _isAtEnd;
    private bool _isContiguous;
    private long _address;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <inheritdoc/>
    public override uint Hash => ToHash(_unitCount, Set.Stream.NameHash);

    /// <inheritdoc/>
    public override NodeId Node => new((ulong)_address | (_isContiguous ? ContiguousBit : 0));

    /// <inheritdoc/>
    public override NodeType Type => Set.File.IsDirectory ? NodeType.Directory : NodeType.Regular;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Record => _set.AsSpan(0, _setLength);

    /// <inheritdoc/>
    public override uint FirstCluster => Set.Stream.FirstCluster;

    private EntrySet Set => new(_set.AsSpan(0, _setLength));

    /// <summary>The hash of a name that it is looked up by.</summary>
    /// <param name="name">The name as it is shown.</param>
    /// <param name="upcase">How names are compared.</param>
    /// <param name="charset">The character set that names are shown in.</param>
    public static uint HashOf(ReadOnlySpan<byte> name, UpcaseTable upcase, NameCharset charset)
    {
        Span<char> units = stackalloc char[EntrySet.MaxNameLength];
        return TryDecode(name, charset, ref units) ? ToHash(units.Length, upcase.Hash(units)) : 0;
    }

    /// <inheritdoc/>
    public override void Begin(ClusterDirectory directory, long position)
    {
        base.Begin(directory, position);
        _isContiguous = directory.IsContiguous;
        _isPastSet = false;
        _isAtEnd = false;
    }

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        while (!_isAtEnd && (_isPastSet || Cursor.MoveNext()))
        {
            _isPastSet = false;
            byte type = Cursor.Current[0];
            _isAtEnd = type == EntryType.EndOfDirectory;
            if (type == EntryType.File && TryReadSet())
            {
                _unitCount = Set.CopyName(_units);
                _nameLength = Utf16Name.Encode(_units.AsSpan(0, _unitCount), charset, (byte)'_', _name);
                if (IsReachable(WholeName(), "file directory entry", _address, "exFAT 7.7.3"))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <inheritdoc/>
    protected override bool Matches(ReadOnlySpan<byte> name)
    {
        Span<char> units = stackalloc char[EntrySet.MaxNameLength];
        return TryDecode(name, charset, ref units) && upcase.AreEqual(units, _units.AsSpan(0, _unitCount));
    }

    private static uint ToHash(int length, ushort hash) => ((uint)length << 16) | hash;

    private static bool TryDecode(ReadOnlySpan<byte> name, NameCharset charset, ref Span<char> units)
    {
        bool isName = charset.TryDecode(name, units, out int length);
        units = units[..length];
        return isName;
    }

    // What follows a NUL is not shown, but counts when names are compared.
    private ReadOnlySpan<byte> WholeName()
    {
        ReadOnlySpan<char> units = _units.AsSpan(0, _unitCount);
        return units.Contains('\0') ? Encoding.UTF8.GetBytes(units.ToArray()) : Name;
    }

    private bool TryReadSet()
    {
        Position = Cursor.Position;
        _address = Cursor.Address;
        int count = 1 + new FileEntry(Cursor.Current).SecondaryCount;
        if (_set.Length < count * EntryCursor.EntrySize)
        {
            _set = new byte[EntrySet.MaxLength];
        }

        Cursor.Current.CopyTo(_set);
        for (int i = 1; i < count; i++)
        {
            bool hasEntry = Cursor.MoveNext();
            if (!hasEntry || !EntryType.IsSecondary(Cursor.Current[0]))
            {
                _isPastSet = hasEntry;
                return NoteDamage($"it ends after {i} of {count} entries");
            }

            Cursor.Current.CopyTo(_set.AsSpan(i * EntryCursor.EntrySize));
        }

        _setLength = count * EntryCursor.EntrySize;
        return Set.FindProblem() is not string problem || NoteDamage(problem);
    }

    private bool NoteDamage(string problem)
    {
        Damage = new InvalidImageException("file directory entry", _address, problem, "exFAT 7.4");
        return false;
    }
}
