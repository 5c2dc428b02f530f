using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers;

/// <summary>
/// A disk whose blocks are found by tables: they lie in files, in a parent disk, nowhere, or compressed. The tables are looked up
/// entry by entry, never loaded: a disk is opened at the same cost whatever its size.
/// </summary>
/// <param name="maxEncodedLength">Bytes of the largest block, decoded; 0 when none is compressed.</param>
internal abstract class VirtualDisk(int maxEncodedLength) : Container
{
    // Bytes that a disk keeps of its tables.
    internal const int TableCacheSize = 1 << 20;

    // Bytes of its tables that it reads at once.
    internal const int TableCacheBlock = 4096;

    // Entries looked at for one extent: of the smallest blocks there are, these are 512 KiB.
    private const int MaxJoined = 1024;

    private readonly DecodedBlocks _decoded = new(maxEncodedLength);

    /// <inheritdoc/>
    public sealed override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        long wanted = Math.Min(maxLength, Length - offset);
        Piece joined = Clip(Find(offset), wanted);
        for (int i = 1; i < MaxJoined && joined.Length < wanted; i++)
        {
            if (!TryFind(offset + joined.Length, out Piece next) || !joined.IsContinuedBy(in next))
            {
                break;
            }

            joined = joined with { Length = joined.Length + Math.Min(next.Length, wanted - joined.Length) };
        }

        below = joined.Source ?? this;
        return new Extent(offset, joined.Length, joined.Kind, joined.Address);
    }

    /// <summary>Opens the disk that this one is written over.</summary>
    /// <param name="file">The file that names it.</param>
    /// <param name="path">The path as the image has it, where the user does not name another.</param>
    /// <param name="role">What it is to the image: "backing file".</param>
    /// <param name="format">Its format when it is told; null to look.</param>
    /// <param name="context">What the disk is opened with; its options are not meant for the one below.</param>
    protected internal static BlockSource OpenParent(
        ImageFile file, Func<string> path, string role, string? format, OpenContext context) =>
        ContainerFormats.Open(file.OpenParent(path, role), format, context.WithoutOptions());

    /// <summary>Where the bytes from an offset on lie, as far as one entry of the tables says; it may reach beyond the end of the disk.</summary>
    /// <param name="offset">At least 0 and less than the length of the disk.</param>
    /// <exception cref="ImageException">The tables are damaged there.</exception>
    protected abstract Piece Find(long offset);

    /// <summary>The compressed block that an offset is in.</summary>
    protected virtual EncodedBlock FindEncoded(long offset) => throw new NotSupportedException($"{GetType().Name} has no compressed blocks");

    /// <summary>Decodes a block.</summary>
    /// <param name="block">What <see cref="FindEncoded"/> answered.</param>
    /// <param name="destination">Filled whole.</param>
    protected virtual void Decode(in EncodedBlock block, Span<byte> destination) =>
        throw new NotSupportedException($"{GetType().Name} has no compressed blocks");

    /// <inheritdoc/>
    protected internal sealed override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            EncodedBlock block = FindEncoded(offset);
            int start = (int)(offset - block.Offset);
            Span<byte> part = destination[..Math.Min(destination.Length, block.Length - start)];
            if (!_decoded.TryCopy(block.Number, start, part))
            {
                using var buffer = new PooledBuffer(block.Length);
                Decode(in block, buffer.Span);
                _decoded.Put(block.Number, buffer.Span);
                buffer.Span.Slice(start, part.Length).CopyTo(part);
            }

            destination = destination[part.Length..];
            offset += part.Length;
        }
    }

    private static Piece Clip(Piece piece, long length) => piece.Length <= length ? piece : piece with { Length = length };

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
