using System.Buffers;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage;

/// <summary>
/// A source that is put together of pieces: some lie in layers below, some are decoded, some are its own, some are nowhere. The tables
/// that tell are looked up entry by entry, never loaded: it is opened at the same cost whatever its size.
/// </summary>
/// <param name="decoded">Keeps decoded blocks; the default keeps none.</param>
public abstract class PiecedSource(DecodedBlocks decoded = default) : BlockSource, IBlockDecoder
{
    // Entries looked at for one extent: of the smallest blocks there are, these are 512 KiB.
    private const int MaxJoined = 1024;

    /// <summary>Whether a piece may go on in the next one, so that both are one extent.</summary>
    protected virtual bool MayJoin => true;

    /// <inheritdoc/>
    public sealed override Extent Map(long offset, long maxLength, out BlockSource below) => Map(offset, maxLength, out below, out _);

    /// <inheritdoc/>
    protected internal sealed override Extent Map(long offset, long maxLength, out BlockSource below, out EncodedBlock block)
    {
        long wanted = Math.Min(maxLength, Length - offset);
        Piece piece = Find(offset);
        long length = Math.Min(piece.Length, wanted);
        if (length < wanted && MayJoin && piece.Kind != ExtentKind.Encoded)
        {
            length = Join(piece, offset, wanted);
        }

        below = piece.Source ?? this;
        block = piece.Kind == ExtentKind.Encoded ? piece.BlockAt(offset) : default;
        return new Extent(offset, length, piece.Kind, piece.Address, piece.StoredLength);
    }

    /// <inheritdoc/>
    public sealed override EncodedBlock FindEncoded(long offset)
    {
        Piece piece = Find(offset);
        return piece.Kind == ExtentKind.Encoded
            ? piece.BlockAt(offset)
            : throw new InvalidImageException("compressed block", offset, "it changed while it was read");
    }

    /// <summary>Where the bytes from an offset on lie, as far as one entry of the tables says; it may reach beyond the end of the source.</summary>
    /// <param name="offset">At least 0 and less than the length of the source.</param>
    /// <exception cref="ImageException">The tables are damaged there.</exception>
    protected abstract Piece Find(long offset);

    /// <summary>The error of a block that cannot be decoded.</summary>
    protected virtual InvalidImageException Damaged(in EncodedBlock block) => new(
        "compressed block", block.Address, $"its {block.StoredLength} bytes are no whole stream of {block.Codec.Name} with {block.Length} bytes in it");

    /// <summary>Reads a block as it is stored.</summary>
    /// <param name="block">The block.</param>
    /// <param name="stored">Filled whole.</param>
    /// <exception cref="ImageException">It is not there, or damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    protected virtual void ReadEncoded(in EncodedBlock block, Span<byte> stored) => block.Source.ReadAt(block.Address, stored);

    /// <inheritdoc/>
    void IBlockDecoder.Decode(in EncodedBlock block, Span<byte> destination)
    {
        byte[] stored = ArrayPool<byte>.Shared.Rent(block.StoredLength);
        try
        {
            decoded.Account?.AddEncoded(block.Source, block.Address, block.StoredLength, block.Length);
            ReadEncoded(in block, stored.AsSpan(0, block.StoredLength));
            if (!block.Codec.TryDecode(stored.AsMemory(0, block.StoredLength), destination))
            {
                throw Damaged(in block);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    /// <inheritdoc/>
    protected internal override bool TryLeaseOwn(long offset, long maxLength, in EncodedBlock block, out DecodedLease lease)
    {
        int start = (int)(offset - block.Offset);
        return decoded.TryLease(in block, start, (int)Math.Min(maxLength, block.Length - start), this, out lease);
    }

    /// <inheritdoc/>
    protected internal override bool TryKeepOwn(in EncodedBlock block) => decoded.TryKeep(in block, this);

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            EncodedBlock block = FindEncoded(offset);
            int start = (int)(offset - block.Offset);
            Span<byte> part = destination[..Math.Min(destination.Length, block.Length - start)];
            decoded.Read(in block, start, part, this);
            destination = destination[part.Length..];
            offset += part.Length;
        }
    }

    private long Join(Piece joined, long offset, long wanted)
    {
        for (int i = 1; i < MaxJoined && joined.Length < wanted; i++)
        {
            if (!TryFind(offset + joined.Length, out Piece next) || !joined.IsContinuedBy(in next))
            {
                break;
            }

            joined = joined with { Length = joined.Length + next.Length };
        }

        return Math.Min(joined.Length, wanted);
    }

    // Damage further on does not affect what is sound.
    private bool TryFind(long offset, out Piece piece)
    {
        try
        {
            piece = Find(offset);
            return true;
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            piece = default;
            return false;
        }
    }
}
