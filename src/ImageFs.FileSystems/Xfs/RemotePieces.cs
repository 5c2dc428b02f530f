using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>
/// What is kept in blocks beside an inode or its attributes, in pieces: a value, or the target of a symbolic link (xfs_attr3_rmt_hdr,
/// xfs_dsymlink_hdr). In version 5 each piece has a header; before, it has none.
/// </summary>
/// <param name="volume">The file system.</param>
/// <param name="name">What it is, for messages.</param>
/// <param name="magic">The magic number of its headers.</param>
/// <param name="clause">Where it is specified.</param>
internal sealed class RemotePieces(XfsVolume volume, string name, uint magic, string clause)
{
    private const int HeaderSize = 56;

    /// <summary>Whose pieces are values of attributes, each in a block of its own.</summary>
    public const uint ValueMagic = 0x5841524D;

    /// <summary>Whose piece is a target, in as many blocks as lie together.</summary>
    public const uint TargetMagic = 0x58534C4D;

    // XFS_SYMLINK_MAXLEN and XFS_XATTR_SIZE_MAX are less, with all headers of the smallest blocks.
    private const int MaxPiece = 128 * 1024;

    /// <summary>Reads all of it.</summary>
    /// <param name="map">The fork.</param>
    /// <param name="block">Where it begins in the fork.</param>
    /// <param name="destination">Takes it.</param>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(ForkMap map, long block, Span<byte> destination)
    {
        Geometry geometry = volume.Geometry;
        int headerSize = geometry.HasChecksums ? HeaderSize : 0;
        int done = 0;
        while (done < destination.Length)
        {
            BlockRun run = map.Find(block);
            if (run.Kind != ExtentKind.Mapped)
            {
                throw new InvalidImageException($"{name} of inode {map.Inode}", 0, $"nothing is at block {block} of its fork", clause);
            }

            // What is wanted may end before the blocks that lie together do.
            long blocks = magic == ValueMagic && geometry.HasChecksums
                ? 1
                : Math.Min(run.End - block, ((destination.Length - done + headerSize - 1) / geometry.BlockSize) + 1);
            int length = (int)Math.Min(blocks * geometry.BlockSize, MaxPiece);
            long address = geometry.AddressOf(run.Start) + ((block - run.First) * geometry.BlockSize);
            using var buffer = new PooledBuffer(length);
            volume.Source.ReadAt(address, buffer.Span);
            Span<byte> rest = destination[done..];
            rest = rest[..Math.Min(rest.Length, length - headerSize)];
            if (headerSize > 0)
            {
                Verify(buffer.Span, address, map.Inode, done, rest.Length);
            }

            buffer.Span.Slice(headerSize, rest.Length).CopyTo(rest);
            done += rest.Length;
            block += length / geometry.BlockSize;
        }
    }

    private void Verify(ReadOnlySpan<byte> piece, long address, long inode, int offset, int length)
    {
        uint found = BinaryPrimitives.ReadUInt32BigEndian(piece);
        if (found != magic)
        {
            throw Damaged(address, $"its magic number is 0x{found:X8}");
        }

        volume.CheckHeader(piece, HeaderLayout.Remote, address, name, clause);
        ulong owner = BinaryPrimitives.ReadUInt64BigEndian(piece[HeaderLayout.Remote.OwnerAt..]);
        uint statedOffset = BinaryPrimitives.ReadUInt32BigEndian(piece[4..]);
        uint statedLength = BinaryPrimitives.ReadUInt32BigEndian(piece[8..]);
        if (owner != (ulong)inode || statedOffset != offset || statedLength != length)
        {
            throw Damaged(address, $"it has bytes {statedOffset} to {(long)statedOffset + statedLength} of inode {owner}, and is read for {offset} to {offset + length} of inode {inode}");
        }
    }

    private InvalidImageException Damaged(long address, string problem) => new(name, address, problem, clause);
}
