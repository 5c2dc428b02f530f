using System.Buffers.Binary;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>What the log begins and does not finish: each intent is followed by what says that it is done.</summary>
internal sealed class Intents
{
    private const int NumberOffset = 8;

    private readonly HashSet<(LogItemType Type, ulong Number)> _open = [];

    /// <summary>Notes an item.</summary>
    public void Note(LogItem item)
    {
        if (item.Format.Length < NumberOffset + sizeof(ulong))
        {
            return;
        }

        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(item.Format[NumberOffset..]);
        switch (item.Type)
        {
            case LogItemType.FreeExtents or LogItemType.ReverseMap or LogItemType.ReferenceCount or LogItemType.BlockMap or LogItemType.Attribute
                or LogItemType.Exchange or LogItemType.RealTimeFreeExtents or LogItemType.RealTimeReverseMap or LogItemType.RealTimeReferenceCount:
                _open.Add((item.Type, number));
                break;
            case LogItemType.FreeExtentsDone or LogItemType.ReverseMapDone or LogItemType.ReferenceCountDone or LogItemType.BlockMapDone or LogItemType.AttributeDone
                or LogItemType.ExchangeDone or LogItemType.RealTimeFreeExtentsDone or LogItemType.RealTimeReverseMapDone or LogItemType.RealTimeReferenceCountDone:
                _open.Remove((item.Type - 1, number));
                break;
            default:
                break;
        }
    }

    /// <summary>What of it a reader may notice, for people; null when nothing.</summary>
    /// <remarks>Space that is still to be freed, and what is still to be counted of it, change nothing that is read.</remarks>
    public string? Describe()
    {
        int maps = _open.Count(intent => intent.Type == LogItemType.BlockMap);
        int attributes = _open.Count(intent => intent.Type == LogItemType.Attribute);
        int exchanges = _open.Count(intent => intent.Type == LogItemType.Exchange);
        string[] told =
        [
            .. maps > 0 ? [$"{maps} of extents that a file takes over"] : Array.Empty<string>(),
            .. attributes > 0 ? [$"{attributes} of extended attributes"] : Array.Empty<string>(),
            .. exchanges > 0 ? [$"{exchanges} of contents that two files exchange"] : Array.Empty<string>(),
        ];
        return told.Length == 0 ? null : string.Join(", ", told);
    }
}
