using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Btrfs.Files;

/// <summary>
/// The contents of a file: pieces of extents, by their items. What no item is of is a hole, whether the file system has items for holes or not
/// (NO_HOLES).
/// </summary>
internal sealed class ExtentFile : PiecedSource
{
    private readonly BtrfsVolume _volume;
    private readonly Trees.Tree _tree;
    private readonly ulong _inode;
    private readonly bool _hasChecksums;
    private readonly byte[] _inline;

    /// <param name="volume">The file system.</param>
    /// <param name="subvolume">The subvolume.</param>
    /// <param name="inode">The inode's number.</param>
    /// <param name="length">The size in bytes.</param>
    /// <param name="hasChecksums">Whether its data has checksums (BTRFS_INODE_NODATASUM says that it has none).</param>
    /// <exception cref="ImageException">What the file has inline is damaged.</exception>
    public ExtentFile(BtrfsVolume volume, Subvolume subvolume, ulong inode, long length, bool hasChecksums)
        : base(volume.Decoded)
    {
        _volume = volume;
        _tree = subvolume.Tree;
        _inode = inode;
        _hasChecksums = hasChecksums;
        Length = length;
        _inline = length == 0 ? [] : ReadInline();
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long MapSize => _inline.Length;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        if (offset < _inline.Length)
        {
            return Piece.Own(_inline.Length - offset);
        }

        using TreeCursor cursor = _tree.Open();
        if (cursor.SeekLast(new TreeKey(_inode, ItemType.ExtentData, (ulong)offset)) && IsOwn(cursor.Key))
        {
            FileExtentItem item = FileExtentItem.Read(_tree, cursor, _volume.Geometry.SectorSize);
            long within = offset - (long)cursor.Key.Offset;
            if (item.Type != FileExtentType.Inline && within < (long)item.Bytes)
            {
                return ToPiece(item, within);
            }
        }

        return Piece.Hole(cursor.MoveNext() && IsOwn(cursor.Key) ? (long)Math.Min(cursor.Key.Offset, long.MaxValue) - offset : Length - offset);
    }

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination)
    {
        if (offset < _inline.Length)
        {
            _inline.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
        else
        {
            base.ReadOwn(offset, destination);
        }
    }

    /// <inheritdoc/>
    protected override void ReadEncoded(in EncodedBlock block, Span<byte> stored) =>
        _volume.Data.ToDecode(_hasChecksums).ReadAt(block.Address, stored);

    private Piece ToPiece(FileExtentItem item, long within)
    {
        long length = (long)item.Bytes - within;
        long start = (long)item.Offset + within;
        return item.DiskAddress == 0 ? Piece.Hole(length)
            : item.Type == FileExtentType.Prealloc ? new Piece(ExtentKind.Unwritten, length)
            : item.Compression == CompressionKind.None ? Piece.Mapped(_volume.Data.AsItLies(_hasChecksums), (long)item.DiskAddress + start, length)
            : Piece.Encoded(
                _volume.Devices.Logical, (long)item.DiskAddress, (int)item.DiskBytes, _volume.Codecs[item.Compression], start, (int)item.RamBytes, length);
    }

    private byte[] ReadInline()
    {
        using TreeCursor cursor = _tree.Open();
        if (!cursor.TryFind(new TreeKey(_inode, ItemType.ExtentData, 0)))
        {
            return [];
        }

        FileExtentItem item = FileExtentItem.Read(_tree, cursor, _volume.Geometry.SectorSize);
        if (item.Type != FileExtentType.Inline)
        {
            return [];
        }

        // It stands for whole sectors (btrfs_file_extent_end): what they have behind it reads as zeros.
        int sectors = ((int)item.RamBytes + _volume.Geometry.SectorSize - 1) / _volume.Geometry.SectorSize;
        byte[] contents = new byte[sectors * _volume.Geometry.SectorSize];
        if (item.Compression == CompressionKind.None)
        {
            item.InlineData.CopyTo(contents);
        }
        else if (!_volume.Codecs[item.Compression].TryDecode(item.InlineData.ToArray(), contents.AsSpan(0, (int)item.RamBytes)))
        {
            throw _tree.Damaged(
                "btrfs_file_extent_item", cursor.Address, $"{item.InlineData.Length} bytes of inode {_inode} are no whole stream of {_volume.Codecs[item.Compression].Name}");
        }

        return contents;
    }

    private bool IsOwn(in TreeKey key) => key.ObjectId == _inode && key.Type == ItemType.ExtentData;
}
