using System.Buffers.Binary;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>Who may do what, as Windows records it: a file has the descriptor itself, or its number in $Secure (linux-ntfs, $Secure).</summary>
internal static class SecurityDescriptors
{
    /// <summary>What specifies them.</summary>
    public const string Clause = "linux-ntfs, $Secure";

    private const int MaxLength = 256 << 10;

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
        if (ViewIndex.Open(volume, secure, "$SII")?.Find(key) is not { Length: >= SecurityHead.Length } entry)
        {
            return null;
        }

        var head = SecurityHead.Read(entry);
        if (NtfsStream.Open(volume, secure, AttributeType.Data, "$SDS") is not { IsResident: false } stream
            || !head.IsIn(stream))
        {
            throw secure.Damaged($"the security descriptor {id} has {head.StoredLength} bytes at {head.Offset}, where none are", Clause);
        }

        byte[] stored = new byte[head.StoredLength];
        volume.Clusters.Read(stream.Clusters, (long)head.Offset, stored);
        return SecurityHead.Read(stored).Id == id
            ? stored[SecurityHead.Length..]
            : throw secure.Damaged($"at {head.Offset} of $SDS is not the security descriptor {id}", Clause);
    }
}

/// <summary>What $Secure has of a descriptor: before it in $SDS, and for the value of its entries in $SII and $SDH (linux-ntfs, $Secure).</summary>
/// <param name="Hash">A hash of it.</param>
/// <param name="Id">Its number.</param>
/// <param name="Offset">Where it begins in $SDS, in bytes.</param>
/// <param name="StoredLength">Bytes that it takes there, these included.</param>
internal readonly record struct SecurityHead(uint Hash, uint Id, ulong Offset, uint StoredLength)
{
    /// <summary>Bytes of it.</summary>
    public const int Length = 20;

    private const uint MaxLength = 256 << 10;

    /// <summary>Reads it.</summary>
    /// <param name="bytes">At least <see cref="Length"/> bytes.</param>
    public static SecurityHead Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));

    /// <summary>Whether there is a descriptor's room where it says that one is.</summary>
    public bool IsIn(NtfsStream stream) => IsIn(Math.Min(stream.Size, stream.Clusters.Length), Offset);

    /// <summary>As <see cref="IsIn(NtfsStream)"/>, at another place of so many bytes.</summary>
    public bool IsIn(long size, ulong offset) =>
        StoredLength is >= Length and <= MaxLength && offset <= (ulong)size && StoredLength <= (ulong)size - offset;
}
