using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace ImageFs.Tests.Storage.Encryption;

/// <summary>Encrypts sectors as dm-crypt does, by the runtime's AES, block by block.</summary>
internal static class SectorEncryption
{
    /// <summary>Encrypts a sector where it is.</summary>
    /// <param name="name">How: "aes-xts-plain64".</param>
    /// <param name="key">The key: 64 or 32 bytes for XTS, 32 or 64 for "elephant", 32 or 16 for others.</param>
    /// <param name="number">The sector's number; for "eboiv" and "elephant" its address in bytes.</param>
    /// <param name="sector">The sector.</param>
    public static void Encrypt(string name, byte[] key, ulong number, Span<byte> sector)
    {
        bool isXts = name.Contains("xts", StringComparison.Ordinal);
        string kind = name.Split('-').ElementAtOrDefault(2) ?? "";
        bool hasTwoKeys = isXts || kind == "elephant";
        byte[] mainKey = hasTwoKeys ? key[..(key.Length / 2)] : key;
        using Aes aes = MakeAes(mainKey);
        using Aes tweak = MakeAes(isXts ? key[(key.Length / 2)..] : kind is "eboiv" or "elephant" ? mainKey : SHA256.HashData(key));
        if (kind == "elephant")
        {
            Diffuse(key[(key.Length / 2)..], number, sector);
        }

        byte[] mask = new byte[16];
        switch (kind)
        {
            case "plain":
                BinaryPrimitives.WriteUInt32LittleEndian(mask, unchecked((uint)number));
                break;
            case "plain64be":
                BinaryPrimitives.WriteUInt64BigEndian(mask.AsSpan(8), number);
                break;
            case "benbi":
                BinaryPrimitives.WriteUInt64BigEndian(mask.AsSpan(8), unchecked((number << 5) + 1));
                break;
            case "null" or "":
                break;
            default:
                BinaryPrimitives.WriteUInt64LittleEndian(mask, number);
                break;
        }

        mask = isXts || kind is "eboiv" or "elephant" || kind.StartsWith("essiv", StringComparison.Ordinal) ? tweak.EncryptEcb(mask, PaddingMode.None) : mask;
        for (int at = 0; at < sector.Length; at += 16)
        {
            Span<byte> block = sector.Slice(at, 16);
            byte[] before = isXts || name.Contains("cbc", StringComparison.Ordinal) ? mask : new byte[16];
            byte[] encrypted = aes.EncryptEcb(Xor(block, before), PaddingMode.None);
            (isXts ? Xor(encrypted, mask) : encrypted).CopyTo(block);
            mask = isXts ? TimesX(mask) : encrypted;
        }
    }

    // N. Ferguson, "AES-CBC + Elephant diffuser", 4.3 and 4.4: the sector key, five times A backwards, three times B backwards.
    private static void Diffuse(byte[] key, ulong address, Span<byte> sector)
    {
        using Aes aes = MakeAes(key);
        byte[] counter = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(counter, address);
        BinaryPrimitives.WriteUInt64LittleEndian(counter.AsSpan(16), address);
        counter[31] = 0x80;
        byte[] sectorKey = aes.EncryptEcb(counter, PaddingMode.None);
        for (int i = 0; i < sector.Length; i++)
        {
            sector[i] ^= sectorKey[i % 32];
        }

        int n = sector.Length / 4;
        uint[] d = new uint[n];
        for (int i = 0; i < n; i++)
        {
            d[i] = BinaryPrimitives.ReadUInt32LittleEndian(sector[(4 * i)..]);
        }

        int[] rotationsOfA = [9, 0, 13, 0];
        int[] rotationsOfB = [0, 10, 0, 25];
        for (int i = (5 * n) - 1; i >= 0; i--)
        {
            int place = i % n;
            d[place] = unchecked(d[place] - (d[(place - 2 + n) % n] ^ BitOperations.RotateLeft(d[(place - 5 + n) % n], rotationsOfA[place % 4])));
        }

        for (int i = (3 * n) - 1; i >= 0; i--)
        {
            int place = i % n;
            d[place] = unchecked(d[place] - (d[(place + 2) % n] ^ BitOperations.RotateLeft(d[(place + 5) % n], rotationsOfB[place % 4])));
        }

        for (int i = 0; i < n; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sector[(4 * i)..], d[i]);
        }
    }

    private static Aes MakeAes(byte[] key)
    {
        Aes aes = Aes.Create();
        aes.Key = key;
        return aes;
    }

    private static byte[] Xor(ReadOnlySpan<byte> one, byte[] other)
    {
        byte[] result = one.ToArray();
        for (int i = 0; i < result.Length; i++)
        {
            result[i] ^= other[i];
        }

        return result;
    }

    // IEEE 1619 5.2, byte by byte.
    private static byte[] TimesX(byte[] value)
    {
        byte[] result = new byte[16];
        for (int i = 0; i < 16; i++)
        {
            result[i] = (byte)(((value[i] << 1) & 0xFF) | (i > 0 ? value[i - 1] >> 7 : 0));
        }

        result[0] ^= (byte)(value[15] >> 7 == 1 ? 0x87 : 0);
        return result;
    }
}
