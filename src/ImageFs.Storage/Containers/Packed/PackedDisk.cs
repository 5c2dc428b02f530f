using ImageFs.Storage.Caching;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>
/// The bytes of a compressed file. Small parts are decoded as blocks, and kept in memory; of others what was decoded is kept in a file.
/// </summary>
internal sealed class PackedDisk : Container
{
    // So that eight of them have room in the memory that a mount has for decoded blocks.
    private const int MaxBlock = 1 << 20;
    private const int BlocksInMemory = 8;

    private readonly Packing _packing;
    private readonly PackedParts _parts;
    private readonly UnpackedBytes? _unpacked;
    private readonly int _maxBlock;

    /// <param name="packing">Decodes it.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="context">What it is opened with.</param>
    /// <param name="kept">What was kept of it while its length was found; null where that is known without.</param>
    public PackedDisk(Packing packing, PackedParts parts, OpenContext context, CacheFile? kept)
        : base(context.Memory.Decoded.ForOwner())
    {
        _packing = packing;
        _parts = parts;
        _maxBlock = kept is not null ? 0 : Math.Min(MaxBlock, context.Memory.Decoded.MaxBytes / BlocksInMemory);
        _unpacked = parts.Count > 0 ? new UnpackedBytes(packing, parts, context, kept) : null;
    }

    /// <inheritdoc/>
    public override string Format => _packing.Format;

    /// <inheritdoc/>
    public override long Length => _parts.Length;

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        ImageDescription description = base.Describe().With("stored", _packing.Source.Length).With("parts", (long)_parts.Count);
        _packing.Describe(description);
        return description;
    }

    /// <inheritdoc/>
    protected override bool MayJoin => false;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        PackedPart part = _parts[_parts.Find(offset)];
        (long address, long length) = part.Length <= _maxBlock ? _packing.StoredOf(in part) : default;

        // What takes much more in the file than it is long, somebody has made so.
        if (part.Length <= _maxBlock && length <= 2 * MaxBlock && _packing.CodecOf(in part) is { } codec)
        {
            return Piece.Encoded(_packing.Source, address, (int)length, codec, offset - part.Offset, (int)part.Length);
        }

        return Piece.Own(part.End - offset);
    }

    /// <inheritdoc/>
    protected internal override bool TryLeaseFile(long offset, long maxLength, out FileLease lease)
    {
        lease = default;
        return Find(offset).Kind == ExtentKind.Own && _unpacked!.TryLease(offset, maxLength, out lease);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        if (Find(offset).Kind == ExtentKind.Own)
        {
            _unpacked!.Read(offset, destination);
        }
        else
        {
            base.ReadOwn(offset, destination);
        }
    }
}
