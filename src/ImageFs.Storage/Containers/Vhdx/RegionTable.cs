using System.Buffers.Binary;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>A part of the file (MS-VHDX 2.2.3.2).</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct Region(long Offset, long Length);

/// <summary>The region table: where the block allocation table and the metadata are (MS-VHDX 2.2.3). There are two of it.</summary>
internal static class RegionTable
{
    private const string Structure = "vhdx region table";
    private const string Clause = "MS-VHDX 2.2.3";
    private const int Length = 64 * 1024;
    private const int HeaderLength = 16;
    private const int EntryLength = 32;
    private const int MaxEntries = 2047;

    private static readonly long[] s_addresses = [192 * 1024, 256 * 1024];
    private static readonly Guid s_allocationTable = new("2DC27766-F623-4200-9D64-115E9BFD4A08");
    private static readonly Guid s_metadata = new("8B7CA206-4790-4B9A-B8FE-575F050F886E");

    /// <summary>Reads the table, or its copy when it is damaged.</summary>
    /// <exception cref="InvalidImageException">Both are damaged, or they lead out of the file.</exception>
    /// <exception cref="UnsupportedFeatureException">There is a region that a reader has to know.</exception>
    public static (Region AllocationTable, Region Metadata) Read(BlockSource file)
    {
        byte[] bytes = new byte[Length];
        foreach (long address in s_addresses)
        {
            if (address + Length <= file.Length)
            {
                file.ReadAt(address, bytes);
                if (Checksums.IsValid(bytes, "regi"u8))
                {
                    return Parse(bytes, address, file.Length);
                }
            }
        }

        throw new InvalidImageException(Structure, s_addresses[0], "it and its copy have a wrong signature or checksum", Clause);
    }

    /// <summary>Checks the table and its copy.</summary>
    public static void Check(BlockSource file, CheckRun run)
    {
        byte[] bytes = new byte[Length];
        foreach (long address in s_addresses)
        {
            run.Try(() =>
            {
                file.ReadAt(address, bytes);
                if (!Checksums.IsValid(bytes, "regi"u8))
                {
                    run.Find(Structure, address, "its signature or checksum is wrong", Clause);
                }
            });
        }
    }

    private static (Region AllocationTable, Region Metadata) Parse(ReadOnlySpan<byte> bytes, long address, long fileLength)
    {
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (count > MaxEntries)
        {
            throw new InvalidImageException(Structure, address, $"it has {count} entries: at most {MaxEntries} are allowed", Clause);
        }

        Region? table = null;
        Region? metadata = null;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(HeaderLength + (i * EntryLength), EntryLength);
            var kind = new Guid(entry[..16]);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
            if (offset > (ulong)fileLength || length > fileLength - (long)offset)
            {
                throw new InvalidImageException(Structure, address, $"its region of {length} bytes at 0x{offset:X} runs past the end of the file at 0x{fileLength:X}", Clause);
            }

            if (kind == s_allocationTable)
            {
                table = new Region((long)offset, length);
            }
            else if (kind == s_metadata)
            {
                metadata = new Region((long)offset, length);
            }
            else if ((entry[28] & 1) != 0)
            {
                throw new UnsupportedFeatureException($"vhdx with the region {kind}", Clause);
            }
        }

        return (
            table ?? throw new InvalidImageException(Structure, address, "there is no block allocation table", Clause),
            metadata ?? throw new InvalidImageException(Structure, address, "there is no metadata region", Clause));
    }
}
