using System.Buffers.Binary;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// LZX as images of Windows (WIM) and compressed system files have it: a window of 32 KiB, which is one block, and calls of x86 always
/// translated, by a file size of 12,000,000 ([MS-PATCH]; wimlib: "LZX"). Its streams have neither a length nor a checksum.
/// </summary>
internal sealed class LzxCodec : Codec
{
    private const int MaxBlockLength = 32 << 10;

    // Translated calls are at least so many bytes before the end.
    private const int CallMargin = 10;
    private const int CallLength = 5;
    private const byte CallOpcode = 0xE8;
    private const int CallFileSize = 12_000_000;

    /// <inheritdoc/>
    public override string Name => "lzx";

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        if (destination.Length > MaxBlockLength)
        {
            return Damaged;
        }

        Span<byte> lengths = stackalloc byte[LzxDecoder.MainSymbols + LzxDecoder.LengthSymbols];
        Span<ushort> room = stackalloc ushort[LzxDecoder.Room];
        if (!new LzxDecoder(encoded.Span, destination, lengths, room).TryRun())
        {
            return Damaged;
        }

        RestoreCalls(destination);
        return destination.Length;
    }

    // Absolute addresses are relative ones again.
    private static void RestoreCalls(Span<byte> block)
    {
        for (int at = 0; at < block.Length - CallMargin;)
        {
            int found = block[at..^CallMargin].IndexOf(CallOpcode);
            if (found < 0)
            {
                return;
            }

            at += found;
            Span<byte> target = block.Slice(at + 1, sizeof(int));
            int address = BinaryPrimitives.ReadInt32LittleEndian(target);
            if (address >= -at && address < CallFileSize)
            {
                BinaryPrimitives.WriteInt32LittleEndian(target, address >= 0 ? address - at : address + CallFileSize);
            }

            at += CallLength;
        }
    }
}
