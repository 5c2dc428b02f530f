using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>Clusters of an attribute that lie together (linux-ntfs, Data Runs).</summary>
/// <param name="Count">Their number; at least 1.</param>
/// <param name="Cluster">The first of them in the volume; -1 when they are nowhere.</param>
internal readonly record struct DataRun(long Count, long Cluster)
{
    /// <summary>What specifies them.</summary>
    public const string Clause = "linux-ntfs, Data Runs";

    /// <summary>Whether they are nowhere: zeros.</summary>
    public bool IsHole => Cluster < 0;
}

/// <summary>Goes through the runs of one attribute record: each is told by its length, and by how far it is from the one before.</summary>
/// <param name="bytes">The runs, and what is behind them.</param>
internal ref struct DataRunReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxNumber = sizeof(long);

    private ReadOnlySpan<byte> _rest = bytes;
    private long _cluster;

    /// <summary>The run that it is at.</summary>
    public DataRun Current { get; private set; }

    /// <summary>What was wrong where it ended; null when nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Goes to the next run.</summary>
    /// <returns>False at the end, and where it goes wrong.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty || _rest[0] == 0)
        {
            Problem = _rest.IsEmpty ? "no end of its runs" : null;
            return false;
        }

        int lengthSize = _rest[0] & 0xF;
        int offsetSize = _rest[0] >> 4;
        if (lengthSize is 0 or > MaxNumber || offsetSize > MaxNumber || 1 + lengthSize + offsetSize > _rest.Length)
        {
            Problem = $"a run of it begins with 0x{_rest[0]:X2}";
            return false;
        }

        long count = ReadSigned(_rest.Slice(1, lengthSize));
        long distance = ReadSigned(_rest.Slice(1 + lengthSize, offsetSize));
        Int128 cluster = (Int128)_cluster + distance;
        if (count <= 0 || cluster < 0 || cluster > long.MaxValue)
        {
            Problem = $"a run of it has {count} clusters at {cluster}";
            return false;
        }

        // Without a distance it is a hole.
        bool isHole = offsetSize == 0;
        _cluster = (long)cluster;
        _rest = _rest[(1 + lengthSize + offsetSize)..];
        Current = new DataRun(count, isHole ? -1 : _cluster);
        return true;
    }

    private static long ReadSigned(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return 0;
        }

        long value = unchecked((sbyte)bytes[^1]);
        for (int i = bytes.Length - 2; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}

/// <summary>Puts the runs of an attribute together, of all the records that have some.</summary>
/// <param name="geometry">The volume's sizes.</param>
/// <param name="firstVcn">The cluster of the attribute that they begin with.</param>
internal sealed class RunMapBuilder(Geometry geometry, long firstVcn = 0)
{
    private readonly ExtentMapBuilder _map = new();

    /// <summary>The cluster of the attribute that the next record has to begin with.</summary>
    public long NextVcn { get; private set; } = firstVcn;

    /// <summary>Adds the runs of one record.</summary>
    /// <param name="record">The record, for messages.</param>
    /// <param name="attribute">The attribute in it, which is not resident.</param>
    /// <exception cref="InvalidImageException">They do not follow those before, or leave the volume.</exception>
    public void Add(FileRecord record, AttributeRecord attribute)
    {
        if (attribute.LowestVcn != NextVcn)
        {
            throw Damaged(record, attribute, $"its runs go on at cluster {attribute.LowestVcn} of it, after {NextVcn}");
        }

        var runs = new DataRunReader(attribute.Runs);
        while (runs.MoveNext())
        {
            DataRun run = runs.Current;
            if (run.Count > attribute.HighestVcn - NextVcn + 1)
            {
                throw Damaged(record, attribute, $"its runs go on behind cluster {attribute.HighestVcn} of it, where they end");
            }

            // Holes may be of any length: what is in bytes has to be a number.
            if (run.Count > (long.MaxValue / geometry.ClusterSize) - NextVcn || (!run.IsHole && run.Cluster > geometry.ClusterCount - run.Count))
            {
                throw Damaged(record, attribute, $"a run of {run.Count} clusters from {run.Cluster} on leaves the volume's {geometry.ClusterCount}");
            }

            _map.Append(run.Count * geometry.ClusterSize, run.IsHole ? ExtentKind.Hole : ExtentKind.Mapped, run.IsHole ? 0 : run.Cluster * geometry.ClusterSize);
            NextVcn += run.Count;
        }

        if (runs.Problem is { } problem)
        {
            throw Damaged(record, attribute, problem);
        }

        if (NextVcn != attribute.HighestVcn + 1)
        {
            throw Damaged(record, attribute, $"its runs end before cluster {NextVcn} of it, and should behind {attribute.HighestVcn}");
        }
    }

    /// <summary>Where all the clusters are, in bytes.</summary>
    public ExtentMap Build() => _map.Build();

    private static InvalidImageException Damaged(FileRecord record, AttributeRecord attribute, string problem) =>
        record.Damaged($"an attribute of type 0x{(uint)attribute.Type:X}, and {problem}", DataRun.Clause);
}
