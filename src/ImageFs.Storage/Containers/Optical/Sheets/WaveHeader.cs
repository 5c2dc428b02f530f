using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Optical.Sheets;

/// <summary>The samples in a WAV file, if they are a disc's: PCM of 16 bits, two channels, 44.1 kHz.</summary>
internal static class WaveHeader
{
    private const int MaxChunks = 100;
    private const int PlainFormat = 1;
    private const int ExtensibleFormat = 0xFFFE;

    /// <summary>Where the samples are.</summary>
    /// <exception cref="UnsupportedFeatureException">They are others, or it is no WAV file.</exception>
    internal static (long Offset, long Length) Find(ImageFile file)
    {
        BlockSource source = file.Source;
        Span<byte> bytes = stackalloc byte[16];
        bool isDiscs = false;
        ReadOnlySpan<byte> head = file.Head;
        if (head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WAVE"u8))
        {
            long offset = 12;
            for (int count = 0; count < MaxChunks && offset <= source.Length - 8; count++)
            {
                source.ReadAt(offset, bytes[..8]);
                long length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
                offset += 8;
                if (bytes.StartsWith("data"u8) && isDiscs)
                {
                    return (offset, Math.Min(length, source.Length - offset));
                }

                if (bytes.StartsWith("fmt "u8) && offset <= source.Length - bytes.Length)
                {
                    source.ReadAt(offset, bytes);
                    isDiscs = BinaryPrimitives.ReadUInt16LittleEndian(bytes) is PlainFormat or ExtensibleFormat
                        && BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]) == 2
                        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == 44100
                        && BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]) == 16;
                }

                offset += (length + 1) & ~1L;
            }
        }

        throw new UnsupportedFeatureException($"{file.Name}: sound that is not WAV of 44.1 kHz, 16 bits and two channels is");
    }
}
