using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>A startup key, as Windows writes it to a file with the extension BEK (BDE "BitLocker External Key file").</summary>
internal readonly ref struct StartupKeyFile
{
    private const int HeaderSize = 48;
    private const int EntryHeaderSize = 8;
    private const int ExternalKeyHeaderSize = 24;
    private const int KeyHeaderSize = 4;

    private StartupKeyFile(Guid id, ReadOnlySpan<byte> key)
    {
        Id = id;
        Key = key;
    }

    /// <summary>The identifier of the protector that it is for.</summary>
    public Guid Id { get; }

    /// <summary>The key.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">All of it.</param>
    /// <param name="file">What is in it; its key lies in <paramref name="bytes"/>.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out StartupKeyFile file)
    {
        file = default;
        if (bytes.Length < HeaderSize + EntryHeaderSize + ExternalKeyHeaderSize || UInt32(bytes, 0) != bytes.Length || UInt32(bytes, 4) != 1 || UInt32(bytes, 8) != HeaderSize)
        {
            return false;
        }

        ReadOnlySpan<byte> entry = bytes[HeaderSize..];
        int size = UInt16(entry, 0);
        if ((EntryRole)UInt16(entry, 2) != EntryRole.StartupKey || (EntryValue)UInt16(entry, 4) != EntryValue.ExternalKey || size < EntryHeaderSize + ExternalKeyHeaderSize || size > entry.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> properties = entry[(EntryHeaderSize + ExternalKeyHeaderSize)..size];
        while (properties.Length >= EntryHeaderSize && UInt16(properties, 0) is >= EntryHeaderSize and var length && length <= properties.Length)
        {
            if ((EntryValue)UInt16(properties, 4) == EntryValue.Key && length > EntryHeaderSize + KeyHeaderSize)
            {
                file = new StartupKeyFile(new Guid(entry.Slice(EntryHeaderSize, 16)), properties[(EntryHeaderSize + KeyHeaderSize)..length]);
                return true;
            }

            properties = properties[length..];
        }

        return false;
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, int place) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[place..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int place) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[place..]);
}
