using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>Goes through the extended attributes of a file, as OS/2 had them ([MS-FSCC] 2.4.16, FILE_FULL_EA_INFORMATION).</summary>
/// <param name="owner">The number of the file's record, for messages.</param>
/// <param name="bytes">The whole of $EA.</param>
internal ref struct EaList(long owner, ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes that there may be.</summary>
    public const int MaxLength = 64 << 10;

    private const int HeadLength = 8;
    private const int Alignment = 4;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The name of the one that it is at.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The value of the one that it is at.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Reads the whole of $EA.</summary>
    /// <returns>Empty when the file has none.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[] ReadBytes(NtfsVolume volume, FileRecord record) =>
        NtfsStream.Open(volume, record, AttributeType.ExtendedAttributes) is { } stream ? ReadBytes(volume, record, stream) : [];

    /// <summary>As <see cref="ReadBytes(NtfsVolume, FileRecord)"/>, of the attribute.</summary>
    public static byte[] ReadBytes(NtfsVolume volume, FileRecord record, NtfsStream stream) =>
        stream.ReadAll(volume.Clusters, MaxLength) ?? throw record.Damaged($"its extended attributes have {stream.Size} bytes", "$EA");

    /// <summary>Goes to the next one.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        // A zero is between name and value.
        int name = _rest.Length < HeadLength ? 0 : _rest[5];
        int value = _rest.Length < HeadLength ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(_rest[6..]);
        int end = HeadLength + name + 1 + value;
        uint next = _rest.Length < HeadLength ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(_rest);
        if (end > _rest.Length || next > _rest.Length || (next > 0 && next < end))
        {
            throw new InvalidImageException($"extended attributes of file record {owner}", -1, $"one of {end} bytes does not fit the {_rest.Length} that are left", "$EA");
        }

        Name = _rest.Slice(HeadLength, name);
        Value = _rest.Slice(end - value, value);
        int length = next > 0 ? (int)next : (end + Alignment - 1) & ~(Alignment - 1);
        _rest = _rest[Math.Min(length, _rest.Length)..];
        return true;
    }

    /// <summary>The value of an attribute; null when there is none of the name.</summary>
    /// <exception cref="InvalidImageException">They are damaged.</exception>
    public byte[]? Find(ReadOnlySpan<byte> name)
    {
        while (MoveNext())
        {
            if (Name.SequenceEqual(name))
            {
                return Value.ToArray();
            }
        }

        return null;
    }
}
