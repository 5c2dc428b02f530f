using System.Buffers.Binary;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>What kind of thing an item of a transaction is of (XFS_LI_*).</summary>
internal enum LogItemType : ushort
{
    FreeExtents = 0x1236,
    FreeExtentsDone = 0x1237,
    UnlinkedList = 0x1238,
    Inode = 0x123B,
    Buffer = 0x123C,
    Quota = 0x123D,
    QuotaOff = 0x123E,
    CreateInodes = 0x123F,
    ReverseMap = 0x1240,
    ReverseMapDone = 0x1241,
    ReferenceCount = 0x1242,
    ReferenceCountDone = 0x1243,
    BlockMap = 0x1244,
    BlockMapDone = 0x1245,
    Attribute = 0x1246,
    AttributeDone = 0x1247,
    Exchange = 0x1248,
    ExchangeDone = 0x1249,
    RealTimeFreeExtents = 0x124A,
    RealTimeFreeExtentsDone = 0x124B,
    RealTimeReverseMap = 0x124C,
    RealTimeReverseMapDone = 0x124D,
    RealTimeReferenceCount = 0x124E,
    RealTimeReferenceCountDone = 0x124F,
}

/// <summary>An item of a transaction: its format, which says what it is, and the regions that it logged.</summary>
internal sealed class LogItem
{
    private const int MinFormat = 2 * sizeof(ushort);

    private readonly List<byte[]> _regions = [];
    private int _lastLength;

    /// <param name="format">The first region.</param>
    /// <param name="block">The block of the log with the record that it begins in.</param>
    public LogItem(byte[] format, long block)
    {
        Block = block;
        Add(format);
    }

    /// <summary>The block of the log with the record that it begins in.</summary>
    public long Block { get; }

    /// <summary>What it is of.</summary>
    public LogItemType Type => (LogItemType)UInt16(0);

    /// <summary>How many regions it has.</summary>
    public int Total => UInt16(2);

    /// <summary>Whether all of its regions are there.</summary>
    public bool IsWhole => _regions.Count == Total;

    /// <summary>How many regions are there.</summary>
    public int Count => _regions.Count;

    /// <summary>Bytes of memory that its regions take.</summary>
    public long Bytes => _regions.Sum(region => (long)region.Length);

    /// <summary>The format.</summary>
    public ReadOnlySpan<byte> Format => this[0];

    /// <summary>A region; the format is the first.</summary>
    public ReadOnlySpan<byte> this[int region] => region == _regions.Count - 1 ? _regions[region].AsSpan(0, _lastLength) : _regions[region];

    /// <summary>Whether a region can be an item's format.</summary>
    public static bool IsFormat(ReadOnlySpan<byte> region) => region.Length >= MinFormat && BinaryPrimitives.ReadUInt16LittleEndian(region[2..]) > 0;

    /// <summary>Adds a region.</summary>
    public void Add(byte[] region)
    {
        if (_regions.Count > 0 && _regions[^1].Length != _lastLength)
        {
            _regions[^1] = _regions[^1][.._lastLength];
        }

        _regions.Add(region);
        _lastLength = region.Length;
    }

    /// <summary>The last region goes on.</summary>
    public void Continue(ReadOnlySpan<byte> more)
    {
        int length = _lastLength + more.Length;
        byte[] region = _regions[^1];
        if (length > region.Length)
        {
            Array.Resize(ref region, Math.Max(length, 2 * _lastLength));
            _regions[^1] = region;
        }

        more.CopyTo(region.AsSpan(_lastLength));
        _lastLength = length;
    }

    private ushort UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_regions[0].AsSpan(offset));
}
