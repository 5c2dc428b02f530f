using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>A hash of the whole disk that the image has (EWF: hash and digest sections).</summary>
/// <param name="Name">The function, as libcrypto has it: "md5".</param>
/// <param name="Value">The hash, in hexadecimal digits.</param>
/// <param name="Segment">The segment that it is in.</param>
/// <param name="Section">The section that it is in.</param>
internal sealed record StoredHash(string Name, string Value, Segment Segment, Section Section)
{
    private const int Md5Length = 16;
    private const int Sha1Length = 20;
    private const int HashLength = 36;
    private const int DigestLength = 80;

    /// <summary>Reads the hashes of a section; those that are not set are left out.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public static IEnumerable<StoredHash> Read(Segment segment, Section section)
    {
        byte[] bytes = new byte[section.Type == "digest" ? DigestLength : HashLength];
        if (section.Length < bytes.Length)
        {
            throw segment.Invalid($"{section.Type} section", section.Address, $"it has {section.Length} bytes of {bytes.Length}");
        }

        segment.Source.ReadAt(section.Start, bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(bytes.Length - sizeof(uint))) != Adler32.Of(bytes.AsSpan(0, bytes.Length - sizeof(uint))))
        {
            throw segment.Invalid($"{section.Type} section", section.Address, "its checksum is wrong");
        }

        if (Of("md5", bytes.AsSpan(0, Md5Length)) is { } md5)
        {
            yield return md5;
        }

        if (section.Type == "digest" && Of("sha1", bytes.AsSpan(Md5Length, Sha1Length)) is { } sha1)
        {
            yield return sha1;
        }

        StoredHash? Of(string name, ReadOnlySpan<byte> hash) =>
            hash.ContainsAnyExcept((byte)0) ? new StoredHash(name, Convert.ToHexStringLower(hash), segment, section) : null;
    }
}
