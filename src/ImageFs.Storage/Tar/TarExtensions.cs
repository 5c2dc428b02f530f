using System.Buffers.Text;
using System.Text;

namespace ImageFs.Storage.Tar;

/// <summary>
/// What extended headers say of the member behind them, in place of its own header (POSIX pax: pax Extended Header Keyword/Value). A record
/// without a value takes back what was said before, of all members too: then the member's own header holds.
/// </summary>
internal sealed class TarExtensions
{
    private const int FractionDigits = 9;
    private const int MaxAttributeName = 255;

    private readonly Dictionary<string, byte[]> _records = [];
    private readonly List<(long, long)> _pieces = [];
    private long _offset = -1;
    private bool _hasList;

    /// <summary>What is said of all members that have nothing said of themselves; null for nothing.</summary>
    public TarExtensions? Globals { get; set; }

    /// <summary>Its path.</summary>
    public byte[]? Name => Find(TarKeys.Path);

    /// <summary>Where a link leads to.</summary>
    public byte[]? Link => Find(TarKeys.Link);

    /// <summary>Bytes of it in the archive.</summary>
    public long? Size => Number(Find(TarKeys.Size));

    /// <summary>Owner.</summary>
    public long? Uid => Number(Find(TarKeys.Uid));

    /// <summary>Group.</summary>
    public long? Gid => Number(Find(TarKeys.Gid));

    /// <summary>Last change, since 1970; nanoseconds are counted forward.</summary>
    public (long Seconds, uint Nanoseconds)? Time => TimeOf(Find(TarKeys.Time));

    /// <summary>The number of a device, of its driver.</summary>
    public long? Major => Number(Find(TarKeys.Major));

    /// <summary>The number of a device, of its own.</summary>
    public long? Minor => Number(Find(TarKeys.Minor));

    /// <summary>Its extended attributes. One may have an empty value.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Value)> Attributes
    {
        get
        {
            var found = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
            for (TarExtensions? from = this; from is not null; from = from.Globals)
            {
                foreach ((string key, byte[] value) in from._records)
                {
                    if (key.StartsWith(TarKeys.Attribute, StringComparison.Ordinal))
                    {
                        _ = found.TryAdd(key, value);
                    }
                }
            }

            return [.. found.Select(record => (TarKeys.AttributeOf(record.Key), record.Value)).Where(attribute => IsName(attribute.Item1))];
        }
    }

    /// <summary>Whether it has holes.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>The path of a file with holes, whose other one is for who does not know of them.</summary>
    public byte[]? SparseName { get; private set; }

    /// <summary>Bytes of a file with its holes.</summary>
    public long? RealSize { get; private set; }

    /// <summary>The places of a file with holes, where the header lists them; null where they come before its bytes.</summary>
    public IReadOnlyList<(long, long)>? Pieces => _hasList ? _pieces : null;

    /// <summary>What is said of all members, to be added to.</summary>
    /// <param name="before">What was said before; null for nothing.</param>
    public static TarExtensions After(TarExtensions? before)
    {
        var globals = new TarExtensions();
        foreach ((string key, byte[] value) in before?._records ?? [])
        {
            globals._records[key] = value;
        }

        return globals;
    }

    /// <summary>Takes a path, as GNU tar's headers have it.</summary>
    public void TakeName(byte[] name) => _records[TarKeys.Path] = name;

    /// <summary>Takes where a link leads to, as GNU tar's headers have it.</summary>
    public void TakeLink(byte[] link) => _records[TarKeys.Link] = link;

    /// <summary>Takes the records of a header: "25 path=...\n", where the length is that of all of it (POSIX pax: pax Extended Header).</summary>
    /// <returns>False where a record has no length that can be.</returns>
    public bool TryTake(ReadOnlySpan<byte> records)
    {
        while (records.Length > 0 && records[0] != 0)
        {
            if (!Utf8Parser.TryParse(records, out int length, out int digits) || length <= digits + 1 || length > records.Length
                || records[digits] != ' ' || records[length - 1] != '\n')
            {
                return false;
            }

            ReadOnlySpan<byte> record = records[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals > 0)
            {
                // A sign for each byte: names of attributes may have any.
                Take(Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..]);
            }

            records = records[length..];
        }

        return true;
    }

    private void Take(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case TarKeys.Path or TarKeys.Link or TarKeys.Size or TarKeys.Uid or TarKeys.Gid or TarKeys.Time or TarKeys.Major or TarKeys.Minor:
                _records[key] = value.ToArray();
                break;
            case not null when key.StartsWith(TarKeys.Attribute, StringComparison.Ordinal):
                _records[key] = value.ToArray();
                break;
            case "GNU.sparse.major":
                IsSparse = true;
                break;
            case "GNU.sparse.name":
                SparseName = value.Length > 0 ? value.ToArray() : null;
                break;
            case "GNU.sparse.size" or "GNU.sparse.realsize":
                IsSparse = true;
                RealSize = Number(value);
                break;
            case "GNU.sparse.offset":
                _hasList = true;
                _offset = Number(value) ?? -1;
                break;
            case "GNU.sparse.numbytes":
                Add(_offset, Number(value));
                break;
            case "GNU.sparse.map":
                TakeMap(value);
                break;
        }
    }

    private byte[]? Find(string key) =>
        _records.TryGetValue(key, out byte[]? value) ? (value.Length > 0 ? value : null) : Globals?.Find(key);

    private static bool IsName(byte[] name) => name.Length is > 0 and <= MaxAttributeName && !name.Contains((byte)0);

    private static long? Number(ReadOnlySpan<byte> value) => Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length ? number : null;

    // Versions 0.0 and 0.1 list them here; a number that is none makes a place that cannot be.
    private void TakeMap(ReadOnlySpan<byte> value)
    {
        _hasList = true;
        long offset = -1;
        bool isLength = false;
        foreach (Range range in value.Split((byte)','))
        {
            if (isLength)
            {
                Add(offset, Number(value[range]));
            }
            else
            {
                offset = Number(value[range]) ?? -1;
            }

            isLength = !isLength;
        }
    }

    private void Add(long offset, long? length)
    {
        _hasList = true;
        _pieces.Add((offset, length ?? -1));
    }

    // Seconds with a fraction, counted towards zero.
    private static (long Seconds, uint Nanoseconds)? TimeOf(ReadOnlySpan<byte> value)
    {
        if (!Utf8Parser.TryParse(value, out long seconds, out int used))
        {
            return null;
        }

        long nanoseconds = 0;
        ReadOnlySpan<byte> fraction = used < value.Length && value[used] == '.' ? value[(used + 1)..] : [];
        for (int i = 0; i < FractionDigits; i++)
        {
            int digit = i < fraction.Length ? fraction[i] - '0' : 0;
            if (digit is < 0 or > 9)
            {
                return null;
            }

            nanoseconds = (nanoseconds * 10) + digit;
        }

        return value[0] == '-' && nanoseconds > 0 ? (seconds - 1, (uint)(1_000_000_000 - nanoseconds)) : (seconds, (uint)nanoseconds);
    }
}
