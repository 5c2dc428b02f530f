using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Lz4;

/// <summary>Files of lz4: frames one after the other (LZ4 Frame Format 1.6).</summary>
internal sealed class Lz4Format : PackedFormat
{
    /// <summary>The format's name.</summary>
    public const string FormatName = "lz4";

    private const string Structure = "lz4 frame";
    private const uint StoredAsItIs = 0x80000000;
    private const int InputLength = 64 << 10;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "files compressed by lz4";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } =
        [new(0, BitConverter.GetBytes(FrameHeader.Magic)), new(0, BitConverter.GetBytes(FrameHeader.LegacyMagic))];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".lz4"];

    /// <inheritdoc/>
    protected override string Library => Linux.Lz4.Library;

    /// <inheritdoc/>
    protected override Packing FindParts(ImageFile file, PackedParts parts, Measuring measuring, OpenContext context)
    {
        BlockSource source = file.Source;
        var packing = new Lz4Packing(source);
        Span<byte> head = stackalloc byte[FrameHeader.MaxLength];
        for (long address = 0; address < source.Length;)
        {
            Span<byte> there = head[..(int)Math.Min(head.Length, source.Length - address)];
            source.ReadAt(address, there);
            uint magic = there.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(there);
            if (magic == FrameHeader.Magic)
            {
                address = ReadFrame(source, address, FrameHeader.Read(there, address), packing, parts, measuring);
            }
            else if (FrameHeader.IsSkippableMagic(magic))
            {
                address += 8L + BinaryPrimitives.ReadUInt32LittleEndian(there[4..]);
            }
            else if (magic == FrameHeader.LegacyMagic)
            {
                throw new UnsupportedFeatureException("lz4's old format, without frames (lz4 -d decodes it)");
            }
            else
            {
                WarnOfRest(file, address, context);
                break;
            }
        }

        return packing;
    }

    // Decodes it, for its length and that of its blocks; where it ends.
    private static long ReadFrame(BlockSource source, long start, FrameHeader header, Lz4Packing packing, PackedParts parts, Measuring measuring)
    {
        using var decoder = new Lz4Stream();
        byte[] input = new byte[InputLength];
        byte[] output = new byte[256 << 10];
        packing.Add(start, header);
        long first = parts.Length;
        long decoded = first;
        long address = start;
        Feed(header.Length);
        while (true)
        {
            long block = address;
            long before = decoded;
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(Peek());
            if (size == 0)
            {
                if (!Feed(sizeof(uint) + header.ContentChecksumLength))
                {
                    throw new InvalidImageException(Structure, start, "it does not end where its blocks do", FrameHeader.Clause);
                }

                if (!header.IsIndependent)
                {
                    parts.Add(decoded - first, start, address - start);
                }

                return address;
            }

            long length = sizeof(uint) + (size & ~StoredAsItIs) + header.BlockChecksumLength;
            if ((size & ~StoredAsItIs) > header.MaxBlock)
            {
                throw new InvalidImageException("lz4 block", block, $"it has {size & ~StoredAsItIs} bytes, and blocks have at most {header.MaxBlock}", FrameHeader.Clause);
            }

            if (Feed(length))
            {
                throw new InvalidImageException(Structure, start, $"it ends before its block at 0x{block:X} does", FrameHeader.Clause);
            }

            if (header.IsIndependent)
            {
                parts.Add(decoded - before, block, length);
            }
        }

        Span<byte> Peek()
        {
            if (address > source.Length - sizeof(uint))
            {
                throw new TruncatedImageException(source.Length, source.Length);
            }

            source.ReadAt(address, input.AsSpan(0, sizeof(uint)));
            return input.AsSpan(0, sizeof(uint));
        }

        // Whether the frame ended with these bytes.
        bool Feed(long length)
        {
            long end = address + length;
            if (end > source.Length)
            {
                throw new TruncatedImageException(end, source.Length);
            }

            bool isEnded = false;
            while (address < end)
            {
                Span<byte> part = input.AsSpan(0, (int)Math.Min(input.Length, end - address));
                source.ReadAt(address, part);
                isEnded = Decode(part);
                address += part.Length;
            }

            // A block is handed out when all of it is there, in as many pieces as there is room for.
            while (!isEnded && DecodeSome(default, out _, out int written) is false && written > 0)
            {
            }

            return isEnded;
        }

        bool Decode(ReadOnlySpan<byte> part)
        {
            bool isEnded = false;
            while (part.Length > 0 && !isEnded)
            {
                isEnded = DecodeSome(part, out int read, out int written);
                if (read == 0 && written == 0)
                {
                    throw new InvalidImageException(Structure, start, "it cannot be decoded", FrameHeader.Clause);
                }

                part = part[read..];
            }

            return isEnded;
        }

        bool DecodeSome(ReadOnlySpan<byte> part, out int read, out int written)
        {
            DecodingState state = decoder.Decode(part, output, out read, out written);
            if (state is DecodingState.Damaged or DecodingState.Refused)
            {
                throw new InvalidImageException(Structure, start, $"it is damaged: it cannot be decoded after {decoded - first} bytes, or a checksum is wrong", FrameHeader.Clause);
            }

            measuring.Keep(decoded, output.AsSpan(0, written), address);
            decoded += written;
            return state == DecodingState.Ended;
        }
    }
}
