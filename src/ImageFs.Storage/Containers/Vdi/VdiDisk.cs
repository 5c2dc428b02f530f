using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vdi;

/// <summary>A disk in a VDI file: static, dynamic or differencing.</summary>
internal sealed class VdiDisk : TableDisk
{
    private const uint Unallocated = uint.MaxValue;
    private const uint Discarded = uint.MaxValue - 1;

    private readonly BlockSource _file;
    private readonly BlockSource? _parent;
    private readonly BlockCache _cache;
    private readonly ImageType _type;
    private readonly long _map;
    private readonly long _data;
    private readonly long _blockSize;
    private readonly long _blockExtra;

    /// <summary>Makes the disk; nothing of its block map is read yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Its header, checked.</param>
    /// <param name="parent">The disk below; null for none.</param>
    /// <param name="memory">Keeps what is read of the map.</param>
    public VdiDisk(BlockSource file, Header header, BlockSource? parent, MemoryBudget memory)
    {
        _file = file;
        _parent = parent;
        _cache = new BlockCache(file, TableCacheBlock, memory.Blocks);
        _type = header.Type;
        _map = header.MapOffset;
        _data = header.DataOffset;
        _blockSize = header.BlockSize;
        _blockExtra = header.BlockExtra;
        Length = (long)header.DiskSize;
        Id = header.Id;
        ParentId = header.ParentId;
    }

    /// <inheritdoc/>
    public override string Format => VdiFormat.FormatName;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <summary>What children know it by.</summary>
    public Guid Id { get; }

    private Guid ParentId { get; }

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("subformat", _type switch { ImageType.Static => "static", ImageType.Dynamic => "dynamic", _ => "differencing" })
        .With("block-size", _blockSize)
        .With("disk-uuid", Id.ToString())
        .With("parent", _parent is null ? null : ParentId.ToString());

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long block = Math.DivRem(offset, _blockSize, out long inBlock);
        Span<byte> entry = stackalloc byte[sizeof(uint)];
        _cache.ReadAt(_map + (block * entry.Length), entry);
        uint number = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        long left = _blockSize - inBlock;
        return number switch
        {
            Unallocated => Piece.OfParent(_parent, offset, left),
            Discarded => Piece.Hole(left),
            _ => Piece.OfBlock(_file, _data + (number * (_blockSize + _blockExtra)) + _blockExtra, inBlock, left),
        };
    }
}
