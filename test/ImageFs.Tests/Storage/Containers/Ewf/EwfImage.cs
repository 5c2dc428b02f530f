using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ImageFs.Tests.Storage.Containers.Ewf;

/// <summary>A forensic image made by hand, section by section.</summary>
internal sealed class EwfImage
{
    public const int SectorSize = 512;
    public const int ChunkSize = 4 * SectorSize;

    private readonly List<byte> _bytes = [];

    public EwfImage(int number = 1)
    {
        _bytes.AddRange([.. "EVF"u8, 0x09, 0x0D, 0x0A, 0xFF, 0x00, 0x01, (byte)number, (byte)(number >> 8), 0, 0]);
    }

    public int Length => _bytes.Count;

    /// <summary>A section of a type, that ends where the next one begins.</summary>
    public EwfImage Add(string type, byte[] contents, long? next = null)
    {
        byte[] header = new byte[76];
        Encoding.ASCII.GetBytes(type).CopyTo(header, 0);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), next ?? (Length + 76 + contents.Length));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), 76 + contents.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(72), Adler(header.AsSpan(0, 72)));
        _bytes.AddRange(header);
        _bytes.AddRange(contents);
        return this;
    }

    public EwfImage Volume(int sectors, int sectorSize = SectorSize, int perChunk = ChunkSize / SectorSize)
    {
        byte[] volume = new byte[1048];
        volume[0] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(volume.AsSpan(4), (sectors + perChunk - 1) / Math.Max(perChunk, 1));
        BinaryPrimitives.WriteInt32LittleEndian(volume.AsSpan(8), perChunk);
        BinaryPrimitives.WriteInt32LittleEndian(volume.AsSpan(12), sectorSize);
        BinaryPrimitives.WriteInt64LittleEndian(volume.AsSpan(16), sectors);
        volume[36] = 2;
        return Add("volume", WithSum(volume));
    }

    public EwfImage Table(long baseOffset, uint[] entries, bool hasSum = true, string type = "table", byte[]? chunks = null) =>
        Add(type, [.. TableOf(baseOffset, entries, hasSum), .. chunks ?? []]);

    public EwfImage End(string type = "done") => Add(type, [], Length);

    public byte[] Build() => [.. _bytes];

    public static byte[] TableOf(long baseOffset, uint[] entries, bool hasSum = true)
    {
        byte[] header = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(header, entries.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), baseOffset);
        byte[] list = new byte[4 * entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan(4 * i), entries[i]);
        }

        return [.. WithSum(header), .. hasSum ? WithSum(list) : list];
    }

    /// <summary>Bytes, and their Adler-32 behind them.</summary>
    public static byte[] WithSum(byte[] bytes)
    {
        byte[] sum = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(sum, Adler(bytes));
        return [.. bytes, .. sum];
    }

    public static byte[] Zlib(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var stream = new ZLibStream(output, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return output.ToArray();
    }

    // By its definition (RFC 1950 8.2).
    public static uint Adler(ReadOnlySpan<byte> bytes)
    {
        ulong low = 1;
        ulong high = 0;
        foreach (byte value in bytes)
        {
            low = (low + value) % 65521;
            high = (high + low) % 65521;
        }

        return (uint)((high << 16) | low);
    }
}
