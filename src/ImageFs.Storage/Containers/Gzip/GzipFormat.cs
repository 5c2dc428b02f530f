using System.Buffers.Binary;
using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Gzip;

/// <summary>Files of gzip (RFC 1952), of one member or several; and of bgzip, whose members are blocks that tell their lengths.</summary>
internal sealed class GzipFormat : PackedFormat
{
    /// <summary>The format's name.</summary>
    public const string FormatName = "gzip";

    private const int MaxBlock = 64 << 10;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["bgzf"];

    /// <inheritdoc/>
    public override string Title => "files compressed by gzip, pigz or bgzip";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, MemberHeader.Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".gz"];

    /// <inheritdoc/>
    protected override string Library => Linux.InflateStream.Library;

    /// <inheritdoc/>
    protected override Packing FindParts(ImageFile file, PackedParts parts, Measuring measuring, OpenContext context)
    {
        if (TryFindBlocks(file.Source, parts))
        {
            return new BlocksPacking(file.Source);
        }

        var packing = new MembersPacking(file.Source);
        new MemberMeasuring(file.Source, parts, measuring, packing).Run(address => WarnOfRest(file, address, context));
        return packing;
    }

    // A file of bgzip is blocks from its beginning to its end.
    private static bool TryFindBlocks(BlockSource source, PackedParts parts)
    {
        var blocks = new List<(int Length, long Address, int Stored)>();
        Span<byte> length = stackalloc byte[sizeof(uint)];
        for (long address = 0; address < source.Length;)
        {
            if (MemberHeader.Read(source, address) is not { BlockLength: > 0 } header)
            {
                return false;
            }

            if (header.BlockLength < header.Length + MemberHeader.TrailerLength)
            {
                throw new InvalidImageException("bgzip block", address, $"its {header.BlockLength} bytes are too few for its header", "SAM/BAM 4.1");
            }

            if (header.BlockLength > source.Length - address)
            {
                throw new TruncatedImageException(address + header.BlockLength, source.Length);
            }

            source.ReadAt(address + header.BlockLength - length.Length, length);
            uint decoded = BinaryPrimitives.ReadUInt32LittleEndian(length);
            if (decoded > MaxBlock)
            {
                throw new InvalidImageException("bgzip block", address, $"it says that it holds {decoded} bytes", "SAM/BAM 4.1");
            }

            blocks.Add(((int)decoded, address, header.BlockLength));
            address += header.BlockLength;
        }

        foreach ((int decoded, long address, int stored) in blocks)
        {
            parts.Add(decoded, address, stored);
        }

        return true;
    }
}
