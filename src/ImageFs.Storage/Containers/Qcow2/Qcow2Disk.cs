using ImageFs.Storage.Checking;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>A disk in a qcow2 file.</summary>
internal sealed class Qcow2Disk : TableDisk
{
    private const string Clause = "qcow2: Cluster mapping";
    private const int SubclusterCountBits = 5;

    private readonly BlockSource _file;
    private readonly BlockSource _data;
    private readonly BlockSource? _backing;
    private readonly Qcow2Layout _layout;
    private readonly ClusterTables _tables;
    private readonly Func<ImageDescription> _describe;

    /// <param name="file">The file with the tables and the compressed clusters.</param>
    /// <param name="data">The file with the clusters: mostly the same.</param>
    /// <param name="backing">The disk below; null for none.</param>
    /// <param name="layout">How the tables are to be read.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="length">Bytes of the disk.</param>
    /// <param name="describe">What to say about it.</param>
    /// <param name="decoded">Keeps decoded clusters.</param>
    public Qcow2Disk(
        BlockSource file,
        BlockSource data,
        BlockSource? backing,
        Qcow2Layout layout,
        ClusterTables tables,
        long length,
        Func<ImageDescription> describe,
        DecodedBlocks decoded)
        : base(decoded)
    {
        _file = file;
        _data = data;
        _backing = backing;
        _layout = layout;
        _tables = tables;
        _describe = describe;
        Length = length;
    }

    /// <inheritdoc/>
    public override string Format => Qcow2Format.FormatName;

    /// <inheritdoc/>
    public override long Length { get; }

    private bool HasDataFile => !ReferenceEquals(_file, _data);

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks => [new Check("reference counts")];

    /// <inheritdoc/>
    public override Finding? FindSharedTable() => _tables.FindShared();

    /// <inheritdoc/>
    public override ImageDescription Describe() => _describe();

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        if (!_tables.TryFind(offset, out ClusterEntry entry))
        {
            return Piece.OfParent(_backing, offset, _tables.Span - (offset & (_tables.Span - 1)));
        }

        long inCluster = offset & (_layout.ClusterSize - 1);
        long left = _layout.ClusterSize - inCluster;
        if (entry.IsCompressed)
        {
            return !HasDataFile && entry.Subclusters == 0
                ? FindCompressed(in entry, inCluster)
                : throw Invalid(entry, HasDataFile ? "it is a compressed cluster in a data file" : "it is a compressed cluster with subclusters");
        }

        if ((entry.HostOffset & (_layout.ClusterSize - 1)) != 0)
        {
            throw Invalid(entry, $"its cluster at 0x{entry.HostOffset:X} is not aligned");
        }

        if (_layout.HasSubclusters)
        {
            return FindSubclusters(in entry, offset, inCluster);
        }

        if (entry.IsZero)
        {
            return _layout.Version >= 3 ? Piece.Hole(left) : throw Invalid(entry, "it is a cluster of zeros, which version 2 does not have");
        }

        return entry.IsAllocated(HasDataFile)
            ? Piece.OfBlock(_data, entry.HostOffset, inCluster, left)
            : Piece.OfParent(_backing, offset, left);
    }

    private static InvalidImageException Invalid(in ClusterEntry entry, string problem) => new("qcow2 L2 table entry", entry.Address, problem, Clause);

    private Piece FindCompressed(in ClusterEntry entry, long inCluster)
    {
        (long address, int length) = entry.CompressedPlace(_layout.ClusterBits);
        return address < _file.Length
            ? Piece.Encoded(_file, address, (int)Math.Min(length, _file.Length - address), _layout.Codec, inCluster, _layout.ClusterSize)
            : throw new TruncatedImageException(address, _file.Length);
    }

    // Subclusters of one kind are one piece (qcow2: Extended L2 Entries).
    private Piece FindSubclusters(in ClusterEntry entry, long offset, long inCluster)
    {
        int bits = _layout.ClusterBits - SubclusterCountBits;
        int first = (int)(inCluster >> bits);
        bool isAllocated = entry.HasSubcluster(first);
        bool isZero = entry.IsZeroSubcluster(first);
        if (isAllocated && (isZero || !entry.IsAllocated(HasDataFile)))
        {
            throw Invalid(entry, isZero ? $"subcluster {first} is allocated and zeros" : $"subcluster {first} of a cluster that does not exist");
        }

        int end = first + 1;
        while (end < 1 << SubclusterCountBits && entry.HasSubcluster(end) == isAllocated && entry.IsZeroSubcluster(end) == isZero)
        {
            end++;
        }

        long left = ((long)end << bits) - inCluster;
        if (isZero)
        {
            return Piece.Hole(left);
        }

        return isAllocated ? Piece.OfBlock(_data, entry.HostOffset, inCluster, left) : Piece.OfParent(_backing, offset, left);
    }
}
