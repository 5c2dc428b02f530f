namespace ImageFs.Fuzz.Checksums;

/// <summary>A checksum of an image: the bytes that it is over, and how it is written into them.</summary>
/// <param name="Offset">Where the bytes begin; the checksum is among them.</param>
/// <param name="Length">How many there are.</param>
/// <param name="Write">Computes the checksum of the bytes as they are, and writes it to its place in them.</param>
internal sealed record Seal(int Offset, int Length, SealWriter Write)
{
    /// <summary>Whether the checksum is right: then the bytes are what they were taken for.</summary>
    public bool IsRight(ReadOnlySpan<byte> image)
    {
        if (Offset < 0 || Length <= 0 || (long)Offset + Length > image.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = image.Slice(Offset, Length);
        byte[] written = bytes.ToArray();
        Write(written);
        return bytes.SequenceEqual(written);
    }

    /// <summary>Whether a range of bytes has some that the checksum is over.</summary>
    public bool Touches(int offset, int length) => offset < Offset + Length && Offset < offset + length;
}

/// <summary>Computes the checksum of bytes and writes it to its place in them. It has to be safe for any bytes.</summary>
internal delegate void SealWriter(Span<byte> bytes);
