using System.Buffers.Binary;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>Who may do what, as Windows records it: a file has the descriptor itself, or its number in $Secure (linux-ntfs, $Secure).</summary>
internal static class SecurityDescriptors
{
    private const string Clause = "linux-ntfs, $Secure";
    private const int MaxLength = 256 << 10;

    // Of an entry of $SII and the head of one in $SDS: hash, number, place and length.
    private const int HeadLength = 20;

    /// <summary>The security descriptor of a file ([MS-DTYP] 2.4.6).</summary>
    /// <returns>Null when it has none.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[]? Find(NtfsVolume volume, FileRecord record)
    {
        if (NtfsStream.Open(volume, record, AttributeType.SecurityDescriptor) is { } own)
        {
            return own.ReadAll(volume.Clusters, MaxLength) ?? throw record.Damaged($"its security descriptor has {own.Size} bytes", Clause);
        }

        return StandardInformation.TryFind(record, out StandardInformation information) && information.SecurityId is > 0 and var id ? Find(volume, id) : null;
    }

    private static byte[]? Find(NtfsVolume volume, uint id)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        FileRecord secure = volume.ReadFile(SystemFiles.Security, buffer.Span);
        Span<byte> key = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(key, id);
        if (ViewIndex.Open(volume, secure, "$SII")?.Find(key) is not { Length: >= HeadLength } entry)
        {
            return null;
        }

        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(8));
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(16));
        if (NtfsStream.Open(volume, secure, AttributeType.Data, "$SDS") is not { IsResident: false } stream
            || length is < HeadLength or > MaxLength
            || offset > (ulong)stream.Size
            || length > (ulong)stream.Size - offset)
        {
            throw secure.Damaged($"the security descriptor {id} has {length} bytes at {offset}, where none are", Clause);
        }

        byte[] stored = new byte[length];
        volume.Clusters.Read(stream.Clusters, (long)offset, stored);
        return BinaryPrimitives.ReadUInt32LittleEndian(stored.AsSpan(4)) == id
            ? stored[HeadLength..]
            : throw secure.Damaged($"at {offset} of $SDS is not the security descriptor {id}", Clause);
    }
}
