using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>A disk in a VHDX file: fixed, dynamic or differencing.</summary>
internal sealed class VhdxDisk : TableDisk
{
    private const int NotPresent = 0;
    private const int Undefined = 1;
    private const int Zero = 2;
    private const int Unmapped = 3;
    private const int FullyPresent = 6;
    private const int PartiallyPresent = 7;

    private readonly BlockSource _file;
    private readonly BlockSource? _parent;
    private readonly Metadata _metadata;
    private readonly AllocationTable _table;

    /// <param name="file">The file, its log replayed.</param>
    /// <param name="metadata">What kind of disk it is.</param>
    /// <param name="table">Where its blocks are.</param>
    /// <param name="parent">The disk below; null for none.</param>
    /// <param name="dataWriteGuid">What children know it by.</param>
    public VhdxDisk(BlockSource file, Metadata metadata, AllocationTable table, BlockSource? parent, Guid dataWriteGuid)
    {
        _file = file;
        _metadata = metadata;
        _table = table;
        _parent = parent;
        DataWriteGuid = dataWriteGuid;
    }

    /// <inheritdoc/>
    public override string Format => VhdxFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => _metadata.DiskSize;

    /// <inheritdoc/>
    public override int? LogicalSectorSize => _metadata.LogicalSectorSize;

    /// <summary>What children know it by.</summary>
    public Guid DataWriteGuid { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks =>
    [
        new Check("vhdx headers", run => VhdxFormat.CheckHeaders(_file, run)),
        new Check("vhdx region tables", run => RegionTable.Check(_file, run)),
    ];

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("subformat", _metadata.HasParent ? "differencing" : _metadata.IsFixed ? "fixed" : "dynamic")
        .With("block-size", (long)_metadata.BlockSize)
        .With("log-sec", (long)_metadata.LogicalSectorSize)
        .With("phy-sec", (long)_metadata.PhysicalSectorSize)
        .With("disk-uuid", _metadata.DiskId.ToString())
        .With("parent", _metadata.ParentLocator.GetValueOrDefault(VhdxFormat.RelativePath))
        .With("log", _file is PatchedSource ? "replayed" : null);

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long block = Math.DivRem(offset, _metadata.BlockSize, out long inBlock);
        long left = _metadata.BlockSize - inBlock;
        BlockEntry entry = _table.Find(block);
        return entry.State switch
        {
            NotPresent => Piece.OfParent(_parent, offset, left),
            Undefined or Zero or Unmapped => Piece.Hole(left),
            FullyPresent => Piece.OfBlock(_file, entry.FileOffset, inBlock, left),
            PartiallyPresent when _metadata.HasParent => FindSectors(in entry, block, offset, inBlock, left),
            int state => throw new InvalidImageException("vhdx payload block entry", entry.Address, $"its state is {state}", "MS-VHDX 2.5.1.1"),
        };
    }

    private Piece FindSectors(in BlockEntry entry, long block, long offset, long inBlock, long left)
    {
        int size = _metadata.LogicalSectorSize;
        long sector = Math.DivRem(inBlock, size, out long inSector);
        bool isHere = _table.HasSector(block, (int)sector, (int)((left + inSector) / size), _metadata.BlockSize / size, out int run);
        long length = ((long)run * size) - inSector;
        return isHere ? Piece.OfBlock(_file, entry.FileOffset, inBlock, length) : Piece.OfParent(_parent, offset, length);
    }
}
