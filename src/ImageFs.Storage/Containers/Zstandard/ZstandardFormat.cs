using System.Buffers.Binary;
using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Zstandard;

/// <summary>Files of Zstandard (RFC 8878): frames one after the other, also with the table of the seekable format.</summary>
internal sealed class ZstandardFormat : PackedFormat
{
    /// <summary>The format's name.</summary>
    public const string FormatName = "zstd";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "files compressed by zstd, also in its seekable format";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, BitConverter.GetBytes(FrameWalk.Magic))];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".zst"];

    /// <inheritdoc/>
    protected override string Library => Linux.Zstandard.Library;

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => base.Probe(file) || BeginsSkippable(file);

    /// <inheritdoc/>
    protected override Packing FindParts(ImageFile file, PackedParts parts, Measuring measuring, OpenContext context)
    {
        if (SeekTable.TryRead(file.Source) is { } table)
        {
            table.AddFrames(parts);
            return new ZstandardPacking(file.Source, table);
        }

        var packing = new ZstandardPacking(file.Source, null);
        long address = 0;
        while (address < file.Source.Length)
        {
            if (FrameWalk.At(file.Source, address) is not { } frame)
            {
                if (address == 0)
                {
                    throw new InvalidImageException("zstd frame", 0, "there is none", FrameWalk.Clause);
                }

                WarnOfRest(file, address, context);
                break;
            }

            if (!frame.IsSkippable)
            {
                long length = frame.ContentLength
                    ?? measuring.Measure(parts.Length, packing.Read(new PackedPart(parts.Length, 0, address, frame.Length), isMeasured: false), address);
                parts.Add(length, address, frame.Length);
            }

            address += frame.Length;
        }

        return packing;
    }

    // pzstd tells the length of each frame in one of its own before it.
    private static bool BeginsSkippable(ImageFile file)
    {
        ReadOnlySpan<byte> head = file.Head;
        if (head.Length < 8 || !FrameWalk.IsSkippableMagic(BinaryPrimitives.ReadUInt32LittleEndian(head)))
        {
            return false;
        }

        long next = 8L + BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        return next <= head.Length - sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(head[(int)next..]) == FrameWalk.Magic;
    }
}
