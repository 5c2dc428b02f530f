using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using ImageFs.Storage;

namespace ImageFs.Tests.Support;

/// <summary>A disk made in memory of file systems of images/, one over the other, and partition tables in front of them.</summary>
internal sealed class DiskImage
{
    public const int KiB = 1024;
    public const int MiB = 1024 * KiB;

    private const int Sector = 512;
    private const int FirstEntry = 446;
    private const int EntrySize = 16;
    private const int GptEntries = 128;
    private const int GptEntrySize = 128;

    public DiskImage(int length) => Bytes = new byte[length];

    public byte[] Bytes { get; }

    public BlockSource Source => new MemorySource(Bytes);

    /// <summary>An image of images/, unpacked.</summary>
    public static byte[] Read(string name)
    {
        using FileStream packed = File.OpenRead(Path.Combine(SourceTree.Folder, "images", name + ".gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Writes an image at an address, from one of its own addresses on.</summary>
    public DiskImage Put(string image, int address, int from = 0)
    {
        Read(image).AsSpan(from).CopyTo(Bytes.AsSpan(address + from));
        return this;
    }

    public DiskImage Put(ReadOnlySpan<byte> bytes, int address)
    {
        bytes.CopyTo(Bytes.AsSpan(address));
        return this;
    }

    public DiskImage Clear(int address, int length)
    {
        Bytes.AsSpan(address, length).Clear();
        return this;
    }

    /// <summary>Writes an MBR as fdisk does: what a boot sector has in front of it stays.</summary>
    public DiskImage Mbr(params (int Start, int Length)[] partitions)
    {
        Clear(FirstEntry, 4 * EntrySize);
        for (int i = 0; i < partitions.Length; i++)
        {
            PutEntry(i, 0x83, partitions[i].Start / Sector, partitions[i].Length / Sector);
        }

        return this;
    }

    /// <summary>Writes a GPT with its protective MBR and its backup, as sgdisk does: with all of its 128 entries.</summary>
    public DiskImage Gpt(params (int Start, int Length, string Type)[] partitions)
    {
        Clear(FirstEntry, 4 * EntrySize);
        PutEntry(0, 0xEE, 1, (Bytes.Length / Sector) - 1);
        byte[] entries = new byte[GptEntries * GptEntrySize];
        for (int i = 0; i < partitions.Length; i++)
        {
            Span<byte> entry = entries.AsSpan(i * GptEntrySize);
            Guid.Parse(partitions[i].Type).TryWriteBytes(entry);
            entry[16] = (byte)(i + 1);
            BinaryPrimitives.WriteInt64LittleEndian(entry[32..], partitions[i].Start / Sector);
            BinaryPrimitives.WriteInt64LittleEndian(entry[40..], ((partitions[i].Start + partitions[i].Length) / Sector) - 1);
        }

        int last = (Bytes.Length / Sector) - 1;
        PutHeader(entries, 1, last, 2);
        PutHeader(entries, last, 1, last - (entries.Length / Sector));
        return this;
    }

    private void PutEntry(int index, byte type, int start, int sectors)
    {
        Span<byte> entry = Bytes.AsSpan(FirstEntry + (index * EntrySize), EntrySize);
        entry[4] = type;
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], start);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], sectors);
        Bytes[510] = 0x55;
        Bytes[511] = 0xAA;
    }

    private void PutHeader(byte[] entries, int sector, int other, int entriesSector)
    {
        Span<byte> header = Bytes.AsSpan(sector * Sector, Sector);
        header.Clear();
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], 0x00010000);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], 92);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], sector);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], other);
        BinaryPrimitives.WriteInt64LittleEndian(header[72..], entriesSector);
        BinaryPrimitives.WriteInt32LittleEndian(header[80..], GptEntries);
        BinaryPrimitives.WriteInt32LittleEndian(header[84..], GptEntrySize);
        BinaryPrimitives.WriteUInt32LittleEndian(header[88..], Crc32.HashToUInt32(entries));
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Crc32.HashToUInt32(header[..92]));
        entries.CopyTo(Bytes, entriesSector * Sector);
    }
}
