using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>The volume recognition sequence: what formats a volume says that it has (ECMA-167 2/8.3).</summary>
internal static class RecognitionSequence
{
    /// <summary>Where it begins, in bytes from the start of the volume or session.</summary>
    public const long Start = 32 * 1024;

    /// <summary>The clause that its errors give.</summary>
    public const string Clause = "ECMA-167 3/9.1";

    private const int DescriptorLength = 2048;
    private const int MaxDescriptors = 64;
    private const int HeaderLength = 7;

    /// <summary>Whether it says that there is a volume of ECMA-167 part 3, of either edition.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="session">Where the session begins, in bytes.</param>
    /// <param name="blockSize">Bytes in a block: a descriptor takes a whole one at least.</param>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static bool HasVolume(BlockSource source, long session, int blockSize)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        int step = Math.Max(DescriptorLength, blockSize);
        for (int i = 0; i < MaxDescriptors; i++)
        {
            long address = session + Start + ((long)i * step);
            if (address > source.Length - HeaderLength)
            {
                return false;
            }

            source.ReadAt(address, header);
            ReadOnlySpan<byte> identifier = header[1..6];
            if (identifier.SequenceEqual("NSR02"u8) || identifier.SequenceEqual("NSR03"u8))
            {
                return true;
            }

            // The sequence ends with the first that is none (2/8.3.1). It may go on beyond the end of an extended area.
            bool isDescriptor = identifier.SequenceEqual("BEA01"u8) || identifier.SequenceEqual("CD001"u8) || identifier.SequenceEqual("TEA01"u8)
                || identifier.SequenceEqual("BOOT2"u8) || identifier.SequenceEqual("CDW02"u8);
            if (!isDescriptor)
            {
                return false;
            }
        }

        return false;
    }
}
