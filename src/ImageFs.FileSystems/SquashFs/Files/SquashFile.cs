using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs.Files;

/// <summary>
/// The contents of a file: its blocks, one behind the other from one place on, and its end, which may be in a fragment. The inode is followed by
/// the stored length of each block, so where one begins is the sum of all before; sums are kept at some distance from each other.
/// </summary>
internal sealed class SquashFile : PiecedSource
{
    // Lengths between two sums: they are read at once.
    private const int Step = 512;

    private const int NoTail = -1;

    // A length, and at least a byte.
    private const int MinMetadataBlock = 3;

    private readonly SquashFsVolume _volume;
    private readonly Inode _inode;
    private readonly int _blockLog;
    private readonly int _entrySize;
    private readonly bool _isBigEndian;
    private readonly long _blocks;
    private readonly int _tailLength = NoTail;
    private readonly Piece _tail;

    // Where every so many blocks begin, as far as somebody asked.
    private readonly Checkpoint[] _checkpoints;
    private int _known = 1;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode of a file.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public SquashFile(SquashFsVolume volume, in Inode inode)
        : base(volume.Decoded)
    {
        _volume = volume;
        _inode = inode;
        _blockLog = volume.Super.BlockLog;
        _entrySize = volume.Super.Layout.BlockEntrySize;
        _isBigEndian = volume.Super.Magic.IsBigEndian;
        Length = inode.Length;
        bool hasTail = inode.Fragment != Inode.None && (inode.Length & (BlockSize - 1)) > 0;
        _blocks = (inode.Length >> _blockLog) + (hasTail || (inode.Length & (BlockSize - 1)) == 0 ? 0 : 1);
        if (hasTail)
        {
            _tailLength = (int)(inode.Length & (BlockSize - 1));
            _tail = FindTail(volume, inode, _tailLength);
        }

        CheckCount();
        _checkpoints = new Checkpoint[(_blocks / Step) + 1];
        _checkpoints[0] = new Checkpoint(inode.Rest, (long)Math.Min(inode.Start, long.MaxValue));
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long MapSize => _checkpoints.Length > 1 ? (long)_checkpoints.Length * 24 : 0;

    private int BlockSize => 1 << _blockLog;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long number = offset >> _blockLog;
        int start = (int)(offset & (BlockSize - 1));
        if (number == _blocks)
        {
            return PieceOfTail(start);
        }

        int length = (int)Math.Min(BlockSize, Length - (number << _blockLog));
        StoredBlock block = FindBlock(number, out long address);
        if (block.Length == 0)
        {
            return Piece.Hole(length - start);
        }

        if (block.Length > BlockSize || address > _volume.Source.Length - block.Length)
        {
            throw Damaged($"block {number} has {block.Length} bytes at 0x{address:X}");
        }

        if (!block.IsPlain)
        {
            return Piece.Encoded(_volume.Source, address, block.Length, _volume.Codec, start, length);
        }

        return block.Length == length
            ? Piece.Mapped(_volume.Source, address + start, length - start)
            : throw Damaged($"block {number} is stored as it is in {block.Length} bytes, and has {length}");
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) => new(
        block.Codec is FragmentCodec ? "fragment" : "data block",
        block.Address,
        $"its {block.StoredLength} bytes are no whole stream of {block.Codec.Name} with {block.Length} bytes in it",
        block.Codec is FragmentCodec ? "squashfs_fragment_entry" : InodeTable.Clause);

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination)
    {
        base.ReadOwn(offset, destination);
        CheckTail(offset + destination.Length);
    }

    /// <inheritdoc/>
    protected override bool TryLeaseOwn(long offset, long maxLength, in EncodedBlock block, out DecodedLease lease)
    {
        if (!base.TryLeaseOwn(offset, maxLength, in block, out lease))
        {
            return false;
        }

        try
        {
            CheckTail(offset + lease.Length);
            return true;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private static Piece FindTail(SquashFsVolume volume, in Inode inode, int length)
    {
        (long address, StoredBlock block) = volume.Fragments.Read(inode.Fragment);
        long end = (long)inode.Offset + length;
        if (end > (block.IsPlain ? block.Length : volume.Super.BlockSize))
        {
            throw InodeTable.Damaged(inode.Position, $"its end is at {inode.Offset} of fragment {inode.Fragment}, which ends before");
        }

        return block.IsPlain
            ? Piece.Mapped(volume.Source, address + inode.Offset, length)
            : Piece.Encoded(
                volume.Source,
                address,
                block.Length,
                new FragmentCodec(volume.Codec, volume.Fragments, inode.Fragment),
                inode.Offset,
                volume.Super.BlockSize,
                length);
    }

    private Piece PieceOfTail(int start)
    {
        int left = _tailLength - start;
        return _tail.Kind == ExtentKind.Mapped
            ? Piece.Mapped(_tail.Source!, _tail.Address + start, left)
            : Piece.Encoded(_tail.Source!, _tail.Address, _tail.StoredLength, _tail.Codec!, _inode.Offset + start, _tail.BlockLength, left);
    }

    // Once the fragment was decoded, by whomever: it has as many bytes as the file says, or the file is damaged. Others in it are not.
    private void CheckTail(long end)
    {
        if (_tail.Kind == ExtentKind.Encoded && end > _blocks << _blockLog
            && _volume.Fragments.TryFindLength(_inode.Fragment, out int length) && length < _inode.Offset + _tailLength)
        {
            throw Damaged($"its end is at {_inode.Offset} of fragment {_inode.Fragment}, which has {length} bytes");
        }
    }

    private StoredBlock FindBlock(long number, out long address)
    {
        int step = (int)(number / Step);
        LearnTo(step);
        Checkpoint from = _checkpoints[step];
        int count = (int)(number % Step) + 1;
        Span<byte> entries = stackalloc byte[Step * sizeof(uint)];
        entries = entries[..(count * _entrySize)];
        MetadataCursor cursor = _volume.Metadata.Open(from.Position);
        cursor.Read(entries);
        address = from.Address + SumOf(entries[..^_entrySize]);
        return BlockOf(entries[^_entrySize..]);
    }

    private void LearnTo(int step)
    {
        if (step < Volatile.Read(ref _known))
        {
            return;
        }

        lock (_checkpoints)
        {
            Span<byte> entries = stackalloc byte[Step * sizeof(uint)];
            entries = entries[..(Step * _entrySize)];
            for (int known = _known; known <= step; known++)
            {
                MetadataCursor cursor = _volume.Metadata.Open(_checkpoints[known - 1].Position);
                cursor.Read(entries);
                _checkpoints[known] = new Checkpoint(cursor.Position, _checkpoints[known - 1].Address + SumOf(entries));
                Volatile.Write(ref _known, known + 1);
            }
        }
    }

    private long SumOf(ReadOnlySpan<byte> entries)
    {
        long sum = 0;
        if (_entrySize == sizeof(uint) && _isBigEndian != BitConverter.IsLittleEndian)
        {
            // Those of nearly all images: it is done for each block that is looked for.
            foreach (uint entry in MemoryMarshal.Cast<byte, uint>(entries))
            {
                sum += StoredBlock.Of(entry).Length;
            }

            return sum;
        }

        for (; entries.Length > 0; entries = entries[_entrySize..])
        {
            sum += BlockOf(entries).Length;
        }

        return sum;
    }

    private StoredBlock BlockOf(ReadOnlySpan<byte> entry)
    {
        return _entrySize == sizeof(ushort)
            ? StoredBlock.OfVersion1(_isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(entry) : BinaryPrimitives.ReadUInt16LittleEndian(entry))
            : StoredBlock.Of(_isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(entry) : BinaryPrimitives.ReadUInt32LittleEndian(entry));
    }

    // Before memory is taken for it: so many lengths have to be in the table of inodes.
    private void CheckCount()
    {
        long stored = (long)_volume.Super.DirectoryTable - _inode.Rest.Block;
        long room = stored / MinMetadataBlock * MetadataBlock.MaxLength;
        if (_blocks > room / _entrySize)
        {
            throw Damaged($"it has {Length} bytes, and the {stored} bytes of inodes from there on no room for the lengths of {_blocks} blocks");
        }

        if (_inode.Start > (ulong)_volume.Source.Length)
        {
            throw Damaged($"its blocks begin at 0x{_inode.Start:X}, beyond the end of the file system");
        }
    }

    private InvalidImageException Damaged(string problem) => InodeTable.Damaged(_inode.Position, problem);

    private readonly record struct Checkpoint(MetadataPosition Position, long Address);
}
