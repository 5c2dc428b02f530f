using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Images.Headers;

/// <summary>Where a program ends: what is behind that is none of it (System V ABI: ELF header).</summary>
internal static class ElfHeader
{
    private const int Length = 64;
    private const int MaxHeaders = 1024;
    private const uint NoBits = 8;

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

    /// <summary>The first byte behind all that its headers name; null when it is no program that can be.</summary>
    /// <exception cref="ImageException">The file ends in its headers.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static long? FindEnd(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (source.Length < Length)
        {
            return null;
        }

        source.ReadAt(0, bytes);
        if (!bytes.StartsWith(Magic) || bytes[4] is not (1 or 2) || bytes[5] is not (1 or 2))
        {
            return null;
        }

        var file = new Words(bytes[4] == 2, bytes[5] == 2);
        bool isWide = file.IsWide;
        long programs = file.Address(bytes, isWide ? 32 : 28);
        long sections = file.Address(bytes, isWide ? 40 : 32);
        ReadOnlySpan<byte> counts = bytes[(isWide ? 54 : 42)..];
        int programLength = file.UInt16(counts);
        int programCount = file.UInt16(counts[2..]);
        int sectionLength = file.UInt16(counts[4..]);
        int sectionCount = file.UInt16(counts[6..]);
        long end = Length;
        bool isWhole = AddTable(source, programs, programLength, programCount, isWide ? 56 : 32, ref end, header => file.Sum(header, isWide ? 8 : 4, isWide ? 32 : 16))
            && AddTable(source, sections, sectionLength, sectionCount, isWide ? 64 : 40, ref end, header => file.UInt32(header.AsSpan(4)) == NoBits ? 0 : file.Sum(header, isWide ? 24 : 16, isWide ? 32 : 20));
        return isWhole ? end : null;
    }

    // The end of a table of headers, and of what each of them names.
    private static bool AddTable(BlockSource source, long address, int length, int count, int needed, ref long end, Func<byte[], long> endOf)
    {
        if (address == 0 || count == 0)
        {
            return true;
        }

        if (count > MaxHeaders || length < needed || address < 0 || address > source.Length - ((long)length * count))
        {
            return false;
        }

        end = Math.Max(end, address + ((long)length * count));
        byte[] header = new byte[needed];
        for (int i = 0; i < count; i++)
        {
            source.ReadAt(address + ((long)i * length), header);
            long own = endOf(header);
            if (own < 0 || own > source.Length)
            {
                return false;
            }

            end = Math.Max(end, own);
        }

        return true;
    }

    /// <summary>Numbers of a file.</summary>
    /// <param name="IsWide">Whether addresses have 64 bits.</param>
    /// <param name="IsBigEndian">Whether the first byte counts most.</param>
    private readonly record struct Words(bool IsWide, bool IsBigEndian)
    {
        public ushort UInt16(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

        public uint UInt32(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

        // Below 0 for one that no file has.
        public long Address(ReadOnlySpan<byte> bytes, int offset) => !IsWide
            ? UInt32(bytes[offset..])
            : IsBigEndian ? BinaryPrimitives.ReadInt64BigEndian(bytes[offset..]) : BinaryPrimitives.ReadInt64LittleEndian(bytes[offset..]);

        public long Sum(ReadOnlySpan<byte> bytes, int start, int length)
        {
            (long from, long count) = (Address(bytes, start), Address(bytes, length));
            return from < 0 || count < 0 || from > long.MaxValue - count ? -1 : from + count;
        }
    }
}
