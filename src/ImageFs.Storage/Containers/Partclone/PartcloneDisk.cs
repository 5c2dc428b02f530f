using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Partclone;

/// <summary>A volume of which the blocks that are in use lie one after the other, with checksums between them; the others are holes.</summary>
internal sealed class PartcloneDisk : Container
{
    private readonly BlockSource _file;
    private readonly PartcloneHeader _header;
    private readonly BlockBitmap _bitmap;

    /// <summary>Opens an image.</summary>
    /// <param name="file">The file.</param>
    /// <param name="context">What it is opened with.</param>
    /// <exception cref="ImageException">It is damaged, or cannot be read.</exception>
    public PartcloneDisk(BlockSource file, OpenContext context)
    {
        _file = file;
        _header = PartcloneHeader.Read(file);
        _bitmap = new BlockBitmap(file, _header, context.Memory);

        // partclone 0.2 of 64 bits wrote checksums of 8 bytes, of which 4 say nothing.
        if (_header.Version == 1 && file.Length - _header.Data == _bitmap.Used * (_header.BlockSize + (long)sizeof(ulong)))
        {
            _header = _header.WithLongChecksums();
        }

        if (DataEnd > file.Length)
        {
            context.Warn($"the partclone image is cut short: its {_bitmap.Used} blocks end at 0x{DataEnd:X}, and it has {file.Length} bytes");
        }
    }

    /// <inheritdoc/>
    public override string Format => PartcloneFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => _header.DeviceLength;

    /// <inheritdoc/>
    public override long MapSize => _bitmap.Size;

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks =>
        [new Check("checksums of blocks", run => new BlockChecks(_file, _header, _bitmap.Used).Run(run)) { Length = _bitmap.Used * _header.BlockSize }];

    private long DataEnd => AddressOf(_bitmap.Used) + (HasRest ? _header.ChecksumSize : 0);

    // Whether the last checksum is of fewer blocks.
    private bool HasRest => _header.BlocksPerChecksum > 0 && _bitmap.Used % _header.BlocksPerChecksum > 0;

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("version", (long)_header.Version)
        .With("program", _header.Program)
        .With("contents", _header.FileSystem)
        .With("block-size", (long)_header.BlockSize)
        .With("blocks", _header.Blocks)
        .With("stored-blocks", _bitmap.Used)
        .With("checksums", _header.Checksum switch
        {
            ChecksumMode.None => "none",
            ChecksumMode.XxHash64 => "XXH64",
            ChecksumMode.Crc32 => "CRC-32",
            _ => "CRC-32 of first bytes",
        });

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long block = Math.DivRem(offset, _header.BlockSize, out long inBlock);
        if (block >= _header.Blocks)
        {
            return Piece.Hole(Length - offset);
        }

        long count = _bitmap.Find(block, out bool isUsed, out long index);
        if (isUsed && _header.BlocksPerChecksum > 0)
        {
            count = Math.Min(count, _header.BlocksPerChecksum - (index % _header.BlocksPerChecksum));
        }

        long length = (count * _header.BlockSize) - inBlock;
        return isUsed ? Piece.Mapped(_file, AddressOf(index) + inBlock, length) : Piece.Hole(length);
    }

    // Where a block is, by how many come before.
    private long AddressOf(long index) => checked(
        _header.Data + (index * _header.BlockSize) + (_header.BlocksPerChecksum > 0 ? index / _header.BlocksPerChecksum * _header.ChecksumSize : 0));
}
