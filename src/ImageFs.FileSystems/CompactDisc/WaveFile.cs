using System.Buffers.Binary;

namespace ImageFs.FileSystems.CompactDisc;

/// <summary>The header of a WAV file with a disc's samples behind it.</summary>
internal static class WaveFile
{
    private const int HeaderLength = 44;
    private const int FormatLength = 16;
    private const int Pcm = 1;
    private const int Channels = 2;
    private const int SampleRate = 44100;
    private const int SampleBytes = 2;

    // Bytes of the file that the length of its RIFF chunk does not count.
    private const int Uncounted = 8;

    /// <summary>Makes the header.</summary>
    /// <param name="length">Bytes of samples.</param>
    internal static byte[] MakeHeader(long length)
    {
        // No disc is so long; a file that claims to be is silent from there on for those who believe its header.
        uint counted = (uint)Math.Min(length, uint.MaxValue - HeaderLength);
        byte[] header = new byte[HeaderLength];
        Span<byte> bytes = header;
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], counted + HeaderLength - Uncounted);
        "WAVEfmt "u8.CopyTo(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], FormatLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[20..], Pcm);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[22..], Channels);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], SampleRate);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[28..], SampleRate * Channels * SampleBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[32..], Channels * SampleBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[34..], SampleBytes * 8);
        "data"u8.CopyTo(bytes[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], counted);
        return header;
    }
}
