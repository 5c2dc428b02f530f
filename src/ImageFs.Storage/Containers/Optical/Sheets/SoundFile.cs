using System.Buffers.Binary;
using System.Globalization;

namespace ImageFs.Storage.Containers.Optical.Sheets;

/// <summary>A file with sound: the samples in a WAV file, if they are a disc's: PCM of 16 bits, two channels, 44.1 kHz. Others are named.</summary>
internal static class SoundFile
{
    private const int MaxChunks = 100;
    private const int PlainFormat = 1;
    private const int ExtensibleFormat = 0xFFFE;
    private const int MinFormatLength = 16;

    /// <summary>Whether a file is WAV, of whatever samples.</summary>
    internal static bool IsWave(ImageFile file) => Is(file, "RIFF"u8, "WAVE"u8);

    /// <summary>Where the samples of a WAV file are.</summary>
    /// <exception cref="UnsupportedFeatureException">They are others than a disc's, or it is no WAV file: it is named.</exception>
    internal static (long Offset, long Length) FindSamples(ImageFile file)
    {
        if (!IsWave(file))
        {
            throw new UnsupportedFeatureException($"sound as {NameOf(file) ?? (HasFrame(file) ? "MP3" : "anything but WAV")} in {file.Name}");
        }

        BlockSource source = file.Source;
        Span<byte> bytes = stackalloc byte[MinFormatLength];
        string? format = null;
        long offset = 12;
        for (int count = 0; count < MaxChunks && offset <= source.Length - 8; count++)
        {
            source.ReadAt(offset, bytes[..8]);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            offset += 8;
            if (bytes.StartsWith("data"u8) && format is { Length: 0 })
            {
                return (offset, Math.Min(length, source.Length - offset));
            }

            if (bytes.StartsWith("fmt "u8) && offset <= source.Length - bytes.Length)
            {
                source.ReadAt(offset, bytes);
                format = DescribeOther(bytes);
            }

            offset += (length + 1) & ~1L;
        }

        throw new UnsupportedFeatureException(
            $"sound as WAV {(format is { Length: > 0 } ? $"of {format}, not of 44.1 kHz, 16 bits and two channels," : "without its header or its samples")} in {file.Name}");
    }

    /// <summary>What a file with sound is, by its first bytes, when it is one of those that are not read; null when it is not known.</summary>
    internal static string? NameOf(ImageFile file)
    {
        ReadOnlySpan<byte> head = file.Head;
        return head.StartsWith("fLaC"u8) ? "FLAC"
            : head.StartsWith("OggS"u8) ? "OGG"
            : head.StartsWith("wvpk"u8) ? "WavPack"
            : head.StartsWith("MAC "u8) ? "Monkey's Audio"
            : head.StartsWith("TTA1"u8) ? "TTA"
            : head.StartsWith("RF64"u8) ? "RF64"
            : Is(file, "FORM"u8, "AIFF"u8) || Is(file, "FORM"u8, "AIFC"u8) ? "AIFF"
            : head.Length > 8 && head[4..].StartsWith("ftyp"u8) ? "MPEG-4"
            : head.StartsWith("ID3"u8) ? "MP3"
            : null;
    }

    // The first frame of MPEG sound; samples as they are may begin so, too.
    private static bool HasFrame(ImageFile file) => file.Head is [0xFF, >= 0xE2 and < 0xFF, ..];

    private static bool Is(ImageFile file, ReadOnlySpan<byte> container, ReadOnlySpan<byte> form)
    {
        ReadOnlySpan<byte> head = file.Head;
        return head.Length >= 12 && head.StartsWith(container) && head[8..].StartsWith(form);
    }

    // Empty when they are a disc's.
    private static string DescribeOther(ReadOnlySpan<byte> format)
    {
        int coding = BinaryPrimitives.ReadUInt16LittleEndian(format);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
        uint rate = BinaryPrimitives.ReadUInt32LittleEndian(format[4..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
        return coding is not (PlainFormat or ExtensibleFormat) ? $"coding {coding}"
            : channels == 2 && rate == 44100 && bits == 16 ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $"{rate} Hz, {bits} bits and {channels} channels");
    }
}
