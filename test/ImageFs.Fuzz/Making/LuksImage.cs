using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ImageFs.Fuzz.Mutation;
using ImageFs.Tests.Storage.Encryption;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Making;

/// <summary>
/// Volumes of LUKS whose keys cost little: a few iterations, and a key split into four stripes. Their payload is plain in the seed, and
/// encrypted when it is read.
/// </summary>
internal static class LuksImage
{
    private const string Cipher = "aes-xts-plain64";
    private const string Uuid = "01234567-89ab-cdef-8123-456789abcdef";
    private const int Sector = 512;
    private const int KeyLength = 32;
    private const int Stripes = 4;
    private const int SlotIterations = 8;
    private const int DigestIterations = 4;
    private const int Area1 = 4096;
    private const int Payload1 = 8192;
    private const int HeaderSize2 = 16 << 10;
    private const int BinarySize2 = 4096;
    private const int Area2 = 2 * HeaderSize2;
    private const int Payload2 = Area2 + 4096;

    private static readonly byte[] s_passphrase = "correct horse"u8.ToArray();
    private static readonly byte[] s_key = Bytes(1, KeyLength);
    private static readonly byte[] s_slotSalt = Bytes(2, 32);
    private static readonly byte[] s_digestSalt = Bytes(3, 32);

    /// <summary>A volume of LUKS1 with an image of images/ in it.</summary>
    public static Seed Version1(string name, string image) => Make(name, Payload1, () => [.. Header1(), .. DiskImage.Read(image)]);

    /// <summary>A volume of LUKS2 with an image of images/ in it.</summary>
    public static Seed Version2(string name, string image) => Make(name, Payload2, () =>
        [.. Header2("LUKS"u8, 0), .. Header2("SKUL"u8, HeaderSize2), .. Area().PadTo(Payload2 - Area2), .. DiskImage.Read(image)]);

    private static Seed Make(string name, int payload, Func<byte[]> read)
    {
        var encryption = new SeedEncryption(Cipher, s_key, Sector, address => address >= payload, address => (ulong)(address - payload) / Sector);
        return encryption.MakeSeed(name, s_passphrase, read);
    }

    // LUKS1 3: the header, and behind it the one key slot that is used.
    private static byte[] Header1()
    {
        byte[] header = new byte[Area1];
        Mark("LUKS"u8, 1).CopyTo(header, 0);
        "aes"u8.CopyTo(header.AsSpan(8));
        "xts-plain64"u8.CopyTo(header.AsSpan(40));
        "sha256"u8.CopyTo(header.AsSpan(72));
        Number(header, 104, Payload1 / Sector);
        Number(header, 108, KeyLength);
        Digest(20).CopyTo(header, 112);
        s_digestSalt.CopyTo(header, 132);
        Number(header, 164, DigestIterations);
        Encoding.ASCII.GetBytes(Uuid).CopyTo(header, 168);
        for (int place = 208; place < 592; place += 48)
        {
            Number(header, place, 0x0000DEAD);
            Number(header, place + 40, Area1 / Sector);
            Number(header, place + 44, Stripes);
        }

        Number(header, 208, 0x00AC71F3);
        Number(header, 212, SlotIterations);
        s_slotSalt.CopyTo(header, 216);
        return [.. header, .. Area().PadTo(Payload1 - Area1)];
    }

    // LUKS2 2.1 and 3: a slot that opens, and one of Argon2 that does not.
    private static byte[] Header2(ReadOnlySpan<byte> mark, int place)
    {
        string slot = $"'type':'luks2','key_size':32,'af':<'type':'luks1','stripes':{Stripes},'hash':'sha256'>,'area':<'type':'raw','offset':'{Area2}','size':'4096','encryption':'{Cipher}','key_size':32>";
        string salt = Convert.ToBase64String(s_slotSalt);
        string digest = $"'salt':'{Convert.ToBase64String(s_digestSalt)}','digest':'{Convert.ToBase64String(Digest(32))}'";
        string json = $"""
            <'keyslots':<'0':<{slot},'kdf':<'type':'pbkdf2','hash':'sha256','iterations':{SlotIterations},'salt':'{salt}'>>,
            '1':<{slot},'priority':1,'kdf':<'type':'argon2id','time':1,'memory':32,'cpus':1,'salt':'{salt}'>>>,
            'tokens':<>,'segments':<'0':<'type':'crypt','offset':'{Payload2}','size':'dynamic','iv_tweak':'0','encryption':'{Cipher}','sector_size':512>>,
            'digests':<'0':<'type':'pbkdf2','keyslots':['0','1'],'segments':['0'],'hash':'sha256','iterations':{DigestIterations},{digest}>>,
            'config':<'json_size':'12288','keyslots_size':'4096'>>
            """.Replace('\'', '"').Replace('<', '{').Replace('>', '}');
        byte[] header = new byte[HeaderSize2];
        Mark(mark, 2).CopyTo(header, 0);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(8), HeaderSize2);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(16), 1);
        "label"u8.CopyTo(header.AsSpan(24));
        "sha256"u8.CopyTo(header.AsSpan(72));
        Encoding.ASCII.GetBytes(Uuid).CopyTo(header, 168);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(256), place);
        Encoding.ASCII.GetBytes(json).CopyTo(header, BinarySize2);
        SHA256.HashData(header).CopyTo(header, 448);
        return header;
    }

    private static byte[] Digest(int length) => Rfc2898DeriveBytes.Pbkdf2(s_key, s_digestSalt, DigestIterations, HashAlgorithmName.SHA256, length);

    // The key, split (LUKS1 2.4) and encrypted with what the passphrase gives.
    private static byte[] Area()
    {
        byte[] area = new byte[Sector];
        byte[] mixed = new byte[KeyLength];
        for (int stripe = 0; stripe < Stripes - 1; stripe++)
        {
            byte[] random = Bytes(4 + stripe, KeyLength);
            random.CopyTo(area, stripe * KeyLength);
            mixed = SHA256.HashData([0, 0, 0, 0, .. Xor(mixed, random)]);
        }

        Xor(mixed, s_key).CopyTo(area, (Stripes - 1) * KeyLength);
        byte[] key = Rfc2898DeriveBytes.Pbkdf2(s_passphrase, s_slotSalt, SlotIterations, HashAlgorithmName.SHA256, KeyLength);
        SectorEncryption.Encrypt(Cipher, key, 0, area);
        return area;
    }

    private static byte[] Mark(ReadOnlySpan<byte> letters, byte version) => [.. letters, 0xBA, 0xBE, 0, version];

    private static byte[] Xor(byte[] one, byte[] other) => [.. one.Zip(other, (first, second) => (byte)(first ^ second))];

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Number(byte[] bytes, int place, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(place), value);

    private static byte[] PadTo(this byte[] bytes, int length)
    {
        Array.Resize(ref bytes, length);
        return bytes;
    }
}
