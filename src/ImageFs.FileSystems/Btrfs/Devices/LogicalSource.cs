using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>
/// The logical addresses of a file system: chunks lay them out on devices. What lies on a device that is there is a piece of it; what was on
/// one that is missing, and is only in the parity of the others, this source puts together.
/// </summary>
internal sealed class LogicalSource : PiecedSource, INodeSource, INamedLayer
{
    private readonly Chunk[] _chunks;
    private readonly long[] _ends;

    /// <param name="chunks">Its chunks.</param>
    /// <exception cref="InvalidImageException">Two have addresses in common.</exception>
    public LogicalSource(IEnumerable<Chunk> chunks)
    {
        _chunks = [.. chunks.OrderBy(chunk => chunk.Start)];
        _ends = Array.ConvertAll(_chunks, chunk => chunk.End);
        for (int i = 1; i < _chunks.Length; i++)
        {
            if (_chunks[i].Start < _chunks[i - 1].End)
            {
                throw new InvalidImageException("chunk", _chunks[i].Start, $"it begins inside that of 0x{_chunks[i - 1].Start:X}", Chunk.Clause);
            }
        }

        ByteCount = _chunks.Sum(chunk => chunk.Length);
    }

    /// <summary>The chunks, in the order of their addresses.</summary>
    public IReadOnlyList<Chunk> Chunks => _chunks;

    /// <summary>All addresses that there are: of one in no chunk it is said so, wherever it is.</summary>
    public override long Length => long.MaxValue;

    /// <inheritdoc/>
    public string LayerName => "logical addresses";

    /// <summary>Those of all chunks.</summary>
    public long ByteCount { get; }

    /// <inheritdoc/>
    public override long MapSize => (long)_chunks.Length * 256;

    /// <summary>The chunk of an address; null where there is none.</summary>
    public Chunk? ChunkAt(long address)
    {
        int found = Array.BinarySearch(_ends, address);
        int index = found < 0 ? ~found : found + 1;
        return index < _chunks.Length && _chunks[index].Start <= address ? _chunks[index] : null;
    }

    /// <inheritdoc/>
    public int CopiesAt(long address) => ChunkAt(address) is { } chunk
        ? chunk.ParityCount switch { 0 => chunk.Copies, 1 => 2, _ => chunk.Columns + chunk.ParityCount }
        : 0;

    /// <inheritdoc/>
    public void ReadCopy(int copy, long address, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Chunk chunk = Get(address);
            StripePart part = chunk.PartOf(address - chunk.Start, chunk.ParityCount > 0 ? 0 : copy);
            Span<byte> piece = bytes[..(int)Math.Min(bytes.Length, part.Length)];
            if (copy > 0 && chunk.ParityCount > 0)
            {
                ChunkRow row = chunk.RowOf(address - chunk.Start, out int column);
                row.Rebuild(column, chunk.ParityCount > 1 ? SuspectOf(chunk, column, copy) : -1, piece);
            }
            else if (part.Available < piece.Length)
            {
                throw Missing(address, part.Device);
            }
            else
            {
                part.Device.Source!.ReadAt(part.Offset, piece);
            }

            bytes = bytes[piece.Length..];
            address += piece.Length;
        }
    }

    /// <inheritdoc/>
    protected override bool HasOtherCopy(long offset) => CopiesAt(offset) > 1;

    /// <inheritdoc/>
    public OwnBytes OwnAt(long offset)
    {
        Chunk chunk = Get(offset);
        ChunkRow row = chunk.RowOf(offset - chunk.Start, out int column);
        return chunk.ParityCount > 0 && row.CanRebuild(column, 1, areStaleLost: false) ? OwnBytes.Rebuilt : OwnBytes.Missing;
    }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        Chunk chunk = Get(offset);
        long within = offset - chunk.Start;
        if (chunk.ParityCount > 0)
        {
            return FindWithParity(chunk, within, chunk.PartOf(within, 0));
        }

        // That they cannot be had is an error of whoever reads them: where there is data, and where holes, is known.
        StripePart found = chunk.PartOf(within, FirstOf(chunk, within));
        return found.Available > 0 ? Piece.Mapped(found.Device.Source!, found.Offset, found.Available) : Piece.Own(found.Length);
    }

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            Chunk chunk = Get(offset);
            StripePart part = chunk.PartOf(offset - chunk.Start, 0);
            if (chunk.ParityCount == 0)
            {
                throw Missing(offset, part.Device);
            }

            ChunkRow row = chunk.RowOf(offset - chunk.Start, out int column);
            Span<byte> piece = destination[..(int)Math.Min(destination.Length, part.Length)];
            row.Rebuild(column, -1, piece);
            destination = destination[piece.Length..];
            offset += piece.Length;
        }
    }

    /// <inheritdoc/>
    protected override bool TryReadOtherCopy(long offset, Span<byte> destination)
    {
        Chunk chunk = Get(offset);
        for (int copy = FirstOf(chunk, offset - chunk.Start) + 1; copy < CopiesAt(offset); copy++)
        {
            try
            {
                ReadCopy(copy, offset, destination);
                return true;
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                // The next.
            }
        }

        return false;
    }

    // The copy that bytes are read from: the first that is there, or the last.
    private static int FirstOf(Chunk chunk, long within)
    {
        int copy = 0;
        while (copy < chunk.Copies - 1 && chunk.PartOf(within, copy).Available == 0)
        {
            copy++;
        }

        return copy;
    }

    // What has only an old copy is put together where the others are new.
    private static Piece FindWithParity(Chunk chunk, long within, StripePart part)
    {
        ChunkRow row = chunk.RowOf(within, out int column);
        return part.Available == 0 || (part.Device.IsStale && row.CanRebuild(column, (int)part.Length, areStaleLost: true))
            ? Piece.Own(part.Length)
            : Piece.Mapped(part.Device.Source!, part.Offset, part.Available);
    }

    // Each copy that RAID 6 puts together does without one member more: Q first, then P, then the data of another column.
    private static int SuspectOf(Chunk chunk, int column, int copy)
    {
        int member = chunk.Columns + chunk.ParityCount - copy;
        return member > column ? member : member - 1;
    }

    private static TruncatedImageException Missing(long address, MemberDevice device) => new(
        $"the bytes at logical address 0x{address:X} lie on {device.Key}, which {(device.Source is null ? "is missing (-o device=FILE names the image that it is in)" : "is cut short")}, and have no other copy");

    /// <summary>The chunk of an address.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public Chunk Get(long address) =>
        ChunkAt(address) ?? throw new InvalidImageException("logical address", address, "no chunk is there", Chunk.Clause);
}
