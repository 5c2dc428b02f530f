using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>What an entry is for (BDE "FVE metadata entry types").</summary>
internal enum EntryRole
{
    /// <summary>It belongs to the entry that it is in.</summary>
    Property = 0,

    /// <summary>The volume's master key, as one protector has it.</summary>
    MasterKey = 2,

    /// <summary>The key that sectors are encrypted with.</summary>
    VolumeKey = 3,

    /// <summary>A key of a file.</summary>
    StartupKey = 6,

    /// <summary>What people call the volume.</summary>
    Description = 7,

    /// <summary>Where the first sectors of the file system were moved to.</summary>
    MovedSectors = 15,
}

/// <summary>What an entry has (BDE "FVE metadata value types").</summary>
internal enum EntryValue
{
    /// <summary>A key as it is.</summary>
    Key = 1,

    /// <summary>A text in UTF-16.</summary>
    Text = 2,

    /// <summary>How a key is derived from a password.</summary>
    StretchKey = 3,

    /// <summary>A key encrypted by AES-CCM.</summary>
    EncryptedKey = 5,

    /// <summary>A protector of the master key.</summary>
    MasterKey = 8,

    /// <summary>A key of a file.</summary>
    ExternalKey = 9,

    /// <summary>An offset and a size.</summary>
    Range = 15,
}

/// <summary>An entry of the metadata, or of another entry (BDE "FVE metadata entry").</summary>
/// <param name="Role">What it is for.</param>
/// <param name="Value">What it has.</param>
/// <param name="Address">Where it begins in the volume, for messages.</param>
/// <param name="Data">What follows its header.</param>
internal readonly record struct MetadataEntry(EntryRole Role, EntryValue Value, long Address, ReadOnlyMemory<byte> Data)
{
    private const int HeaderSize = 8;
    private const int MaxCount = 1024;

    /// <summary>The entries that follow each other in some bytes; a size of 0 ends them.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="address">Where they begin in the volume, for messages.</param>
    /// <exception cref="InvalidImageException">One of them leaves the bytes.</exception>
    public static List<MetadataEntry> Parse(ReadOnlyMemory<byte> bytes, long address)
    {
        var entries = new List<MetadataEntry>();
        int at = 0;
        while (bytes.Length - at >= HeaderSize && entries.Count < MaxCount)
        {
            ReadOnlySpan<byte> header = bytes.Span[at..];
            int size = BinaryPrimitives.ReadUInt16LittleEndian(header);
            if (size == 0)
            {
                break;
            }

            if (size < HeaderSize || size > header.Length)
            {
                throw new InvalidImageException("BitLocker metadata entry", address + at, $"it has {size} bytes, where {HeaderSize} to {header.Length} are possible", "BDE, FVE metadata entry");
            }

            entries.Add(new MetadataEntry(
                (EntryRole)BinaryPrimitives.ReadUInt16LittleEndian(header[2..]), (EntryValue)BinaryPrimitives.ReadUInt16LittleEndian(header[4..]), address + at, bytes.Slice(at + HeaderSize, size - HeaderSize)));
            at += size;
        }

        return entries;
    }

    /// <summary>The entries in this one.</summary>
    /// <param name="headerLength">Bytes of its own before them.</param>
    /// <exception cref="InvalidImageException">They are damaged.</exception>
    public List<MetadataEntry> Properties(int headerLength)
    {
        CheckLength(headerLength);
        return Parse(Data[headerLength..], Address + HeaderSize + headerLength);
    }

    /// <summary>Its text.</summary>
    public string AsText() => Encoding.Unicode.GetString(Data.Span).TrimEnd('\0');

    /// <summary>Checks that it has as many bytes as are wanted of it.</summary>
    /// <exception cref="InvalidImageException">It has fewer.</exception>
    public void CheckLength(int wanted)
    {
        if (Data.Length < wanted)
        {
            throw new InvalidImageException("BitLocker metadata entry", Address, $"its {Data.Length} bytes are not the {wanted} of an entry of type {(int)Value}", "BDE, FVE metadata value types");
        }
    }
}
