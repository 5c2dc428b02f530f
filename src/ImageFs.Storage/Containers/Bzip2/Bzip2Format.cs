using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Bzip2;

/// <summary>Files of bzip2: streams of blocks of up to 900,000 bytes, which do not tell their lengths.</summary>
internal sealed class Bzip2Format : PackedFormat
{
    /// <summary>The format's name.</summary>
    public const string FormatName = "bzip2";

    private const int HeaderLength = 4;
    private const string Clause = "bzip2 1.0: decompress.c";

    // Bits of data that look like a mark are one in ten thousand files of a gigabyte.
    private const int MaxFalseMarks = 4;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "files compressed by bzip2, lbzip2 or pbzip2";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, "BZh")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".bz2"];

    /// <inheritdoc/>
    protected override string Library => Linux.Bzip2.Library;

    /// <inheritdoc/>
    public override bool Probe(ImageFile file)
    {
        ReadOnlySpan<byte> head = file.Head;
        return base.Probe(file) && head.Length >= HeaderLength + 6 && head[3] is >= (byte)'1' and <= (byte)'9'
            && (head[HeaderLength..].StartsWith("1AY&SY"u8) || head[HeaderLength..].StartsWith((ReadOnlySpan<byte>)[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]));
    }

    /// <inheritdoc/>
    protected override Packing FindParts(ImageFile file, PackedParts parts, Measuring measuring, OpenContext context)
    {
        var packing = new BlockPacking(file.Source);
        var bits = new BlockBits(file.Source);
        Span<byte> header = stackalloc byte[HeaderLength];
        for (long address = 0; address < file.Source.Length;)
        {
            int there = (int)Math.Min(HeaderLength, file.Source.Length - address);
            file.Source.ReadAt(address, header[..there]);
            if (there < HeaderLength || !header.StartsWith("BZh"u8) || header[3] is < (byte)'1' or > (byte)'9')
            {
                WarnOfRest(file, address, context);
                break;
            }

            address = ReadStream(address, bits, packing, parts, measuring);
        }

        return packing;
    }

    // Where it ends.
    private static long ReadStream(long address, BlockBits bits, BlockPacking packing, PackedParts parts, Measuring measuring)
    {
        long bit = (address + HeaderLength) * BlockBits.ByteBits;
        uint checksum = 0;
        while (true)
        {
            ulong mark = bits.Read(bit, BlockBits.MarkBits);
            uint stored = (uint)bits.Read(bit + BlockBits.MarkBits, BlockBits.MarkAndChecksumBits - BlockBits.MarkBits);
            if (mark == BlockBits.EndMark)
            {
                return stored == checksum
                    ? (bit + BlockBits.MarkAndChecksumBits + BlockBits.ByteBits - 1) / BlockBits.ByteBits
                    : throw new InvalidImageException("bzip2 stream", address, $"its blocks have the checksum 0x{checksum:X8}, and it says 0x{stored:X8}", Clause);
            }

            if (mark != BlockBits.BlockMark)
            {
                throw new InvalidImageException("bzip2 block", bit / BlockBits.ByteBits, $"none begins there, at bit {bit % BlockBits.ByteBits}", Clause);
            }

            checksum = ((checksum << 1) | (checksum >> 31)) ^ stored;
            bit = ReadBlock(bit, bits, packing, parts, measuring);
        }
    }

    // Where it ends: at the next mark, unless that is a part of it by chance.
    private static long ReadBlock(long bit, BlockBits bits, BlockPacking packing, PackedParts parts, Measuring measuring)
    {
        long end = bit + BlockBits.MarkAndChecksumBits;
        for (int marks = 1; ; marks++)
        {
            end = bits.FindMark(end);
            if (end < 0 || end - bit > (long)BlockBits.MaxBlock * BlockBits.ByteBits)
            {
                throw new TruncatedImageException($"the bzip2 block at 0x{bit / BlockBits.ByteBits:X} has no end: the file is cut short, or damaged there");
            }

            try
            {
                long length = measuring.Measure(parts.Length, packing.Read(bits, bit, end - bit, null), bit / BlockBits.ByteBits);
                parts.Add(length, bit, end - bit);
                return end;
            }
            catch (InvalidImageException) when (marks < MaxFalseMarks && bits.Read(end, BlockBits.MarkBits) == BlockBits.BlockMark)
            {
                end++;
            }
        }
    }
}
