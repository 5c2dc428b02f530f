using System.Buffers.Binary;
using System.Security.Cryptography;
using ImageFs.Storage.Volumes.Lvm;
using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of what makes volumes: LVM and what lies under its thin volumes and caches, md, LUKS2.</summary>
internal static class VolumeChecksums
{
    private const int Sector = 512;
    private const int Block = 4096;
    private const uint MdMagic = 0xA92B_4EFC;

    private static readonly uint[] s_salts = [160774, 240779, 160478, 121107, 595846735, 9031977];

    /// <summary>Those of LVM: labels, headers of metadata with the texts behind them, and blocks of persistent data.</summary>
    public static IEnumerable<Seal> FindLvm(byte[] image)
    {
        for (int at = 0; at + Block <= image.Length; at += Sector)
        {
            ReadOnlySpan<byte> bytes = image.AsSpan(at);
            if (bytes.StartsWith("LABELONE"u8))
            {
                yield return new Seal(at, Sector, static bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], LvmChecksum.Of(bytes[20..])));
            }
            else if (bytes[4..].StartsWith(" LVM2 x[5A%r0N*>"u8))
            {
                long end = BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]) + BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]);
                yield return new Seal(at, (int)Math.Clamp(end, Sector, Math.Min(bytes.Length, 1 << 20)), WriteMetadata);
            }
            else if (at % Block == 0 && BinaryPrimitives.ReadUInt32LittleEndian(bytes) != 0)
            {
                foreach (uint salt in s_salts)
                {
                    var seal = new Seal(at, Block, bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes, new BlockKind(string.Empty, salt).ChecksumOf(bytes)));
                    if (seal.IsRight(image))
                    {
                        yield return seal;
                        break;
                    }
                }
            }
        }
    }

    /// <summary>Those of md: super blocks of version 1 and 0.90.</summary>
    public static IEnumerable<Seal> FindMd(byte[] image)
    {
        for (int at = 0; at + Block <= image.Length; at += Block)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at)) == MdMagic)
            {
                yield return new Seal(at, Block, BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at + 4)) == 1 ? WriteMd1 : WriteMd0);
            }
        }
    }

    /// <summary>Those of LUKS2: SHA-256 over each header with its JSON.</summary>
    public static IEnumerable<Seal> FindLuks(byte[] image)
    {
        for (int at = 0; at < Math.Min(image.Length - Block, 8 << 20); at += Block)
        {
            if (image.AsSpan(at).StartsWith("LUKS"u8) || image.AsSpan(at).StartsWith("SKUL"u8))
            {
                yield return new Seal(at, (int)Math.Min(BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(at + 8)), 4 << 20), WriteLuks);
            }
        }
    }

    private static void WriteMetadata(Span<byte> bytes)
    {
        long start = BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]);
        long length = BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]);
        if (start >= Sector && length > 0 && length <= bytes.Length - start && start <= bytes.Length)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[56..], LvmChecksum.Of(bytes.Slice((int)start, (int)length)));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes, LvmChecksum.Of(bytes[4..Sector]));
    }

    // calc_sb_1_csum of the kernel's drivers/md/md.c.
    private static void WriteMd1(Span<byte> bytes)
    {
        bytes.Slice(216, sizeof(uint)).Clear();
        int length = 256 + (2 * (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(bytes[220..]), (Block - 256) / 2));
        ulong sum = 0;
        int at = 0;
        for (; at + sizeof(uint) <= length; at += sizeof(uint))
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
        }

        sum += at + 2 <= length ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : 0ul;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[216..], unchecked((uint)sum + (uint)(sum >> 32)));
    }

    // calc_sb_csum.
    private static void WriteMd0(Span<byte> bytes)
    {
        bytes.Slice(152, sizeof(uint)).Clear();
        ulong sum = 0;
        for (int at = 0; at < Block; at += sizeof(uint))
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes[152..], unchecked((uint)sum + (uint)(sum >> 32)));
    }

    private static void WriteLuks(Span<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) == 2)
        {
            bytes.Slice(448, 64).Clear();
            SHA256.HashData(bytes, bytes[448..]);
        }
    }
}
