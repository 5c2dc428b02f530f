using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>What the log begins and does not finish: each intent is followed by what says that it is done.</summary>
internal sealed class Intents
{
    private const int NumberOffset = 8;

    // A transaction has few of them, and a log of 2 GiB room for some thousands of transactions at once.
    private const int MaxOpen = 64 * 1024;
    private const long MaxBytes = 64L << 20;

    private readonly Dictionary<(LogItemType Type, ulong Number), (long Order, LogItem Item)> _open = [];
    private long _noted;
    private long _bytes;

    /// <summary>Those that nothing finishes, in the order of the log.</summary>
    public IEnumerable<LogItem> Open => _open.Values.OrderBy(intent => intent.Order).Select(intent => intent.Item);

    /// <summary>Whether everything was finished.</summary>
    public bool AreFinished => _open.Count == 0;

    /// <summary>Notes an item.</summary>
    /// <param name="item">The item.</param>
    /// <param name="log">The log, for messages.</param>
    /// <exception cref="UnsupportedFeatureException">Too many were begun.</exception>
    /// <exception cref="InvalidImageException">It has no number.</exception>
    public void Note(LogItem item, LogReader log)
    {
        if (item.Format.Length < NumberOffset + sizeof(ulong))
        {
            throw log.Damaged(item.Block, $"an item of type 0x{(ushort)item.Type:X4} has a format of {item.Format.Length} bytes");
        }

        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(item.Format[NumberOffset..]);
        switch (item.Type)
        {
            case LogItemType.FreeExtents or LogItemType.ReverseMap or LogItemType.ReferenceCount or LogItemType.BlockMap or LogItemType.Attribute
                or LogItemType.Exchange or LogItemType.RealTimeFreeExtents or LogItemType.RealTimeReverseMap or LogItemType.RealTimeReferenceCount:
                Remove(item.Type, number);
                _open.Add((item.Type, number), (_noted++, item));
                Count(item.Bytes);
                break;
            case LogItemType.FreeExtentsDone or LogItemType.ReverseMapDone or LogItemType.ReferenceCountDone or LogItemType.BlockMapDone or LogItemType.AttributeDone
                or LogItemType.ExchangeDone or LogItemType.RealTimeFreeExtentsDone or LogItemType.RealTimeReverseMapDone or LogItemType.RealTimeReferenceCountDone:
                Remove(item.Type - 1, number);
                break;
            default:
                break;
        }
    }

    private void Remove(LogItemType type, ulong number)
    {
        if (_open.Remove((type, number), out (long Order, LogItem Item) intent))
        {
            Count(-intent.Item.Bytes);
        }
    }

    private void Count(long bytes)
    {
        _bytes += bytes;
        if (_open.Count > MaxOpen || _bytes > MaxBytes)
        {
            throw new UnsupportedFeatureException($"a log that leaves more than {MaxOpen} changes unfinished (-o norecovery leaves the log alone)", LogReader.Clause);
        }
    }
}
