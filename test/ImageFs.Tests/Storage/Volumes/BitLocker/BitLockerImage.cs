using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using ImageFs.Tests.Storage.Encryption;

namespace ImageFs.Tests.Storage.Volumes.BitLocker;

/// <summary>
/// Writes volumes as BitLocker does, by libbde's document "BitLocker Drive Encryption (BDE) format" and with the runtime's cryptography. What
/// it writes, dislocker and cryptsetup read: the tests ask them.
/// </summary>
/// <param name="random">Gives keys and identifiers; null for such as nobody knows.</param>
internal sealed class BitLockerImage(Func<int, byte[]>? random = null)
{
    /// <summary>Bytes of an area of metadata, of Windows 7 and later.</summary>
    public const int AreaSize = 64 << 10;

    /// <summary>Where the first sectors are in a volume that is not To Go.</summary>
    public const int UsualMovedLength = 8192;

    /// <summary>A password.</summary>
    public const string Password = "correct horse";

    /// <summary>A recovery password: of 1, 2, 3 and so on, each times 11.</summary>
    public const string RecoveryPassword = "000011-000022-000033-000044-000055-000066-000077-720885";

    private static readonly byte[] s_salt = [.. Enumerable.Range(100, 16).Select(i => (byte)i)];
    private static readonly Lazy<byte[]> s_passwordKey = new(() => StretchPassword(Password));
    private static readonly Lazy<byte[]> s_recoveryKey = new(() => Stretch(SHA256.HashData(
        RecoveryPassword.Split('-').SelectMany(group => BitConverter.GetBytes((ushort)(int.Parse(group, System.Globalization.CultureInfo.InvariantCulture) / 11))).ToArray())));

    private readonly List<byte[]> _entries = [];
    private readonly Func<int, byte[]> _random = random ?? RandomNumberGenerator.GetBytes;
    private readonly byte[] _masterKey = (random ?? RandomNumberGenerator.GetBytes)(32);
    private readonly byte[] _volumeKey = (random ?? RandomNumberGenerator.GetBytes)(64);
    private uint _nonce;

    public int Method { get; init; } = 0x8004;

    public int SectorSize { get; init; } = 512;

    public bool IsVista { get; init; }

    public bool IsToGo { get; init; }

    public int State { get; init; } = 4;

    public long? EncryptedSize { get; init; }

    public uint ConvertedSize { get; init; }

    /// <summary>Which of the parts of <see cref="ChunkSize"/> bytes are encrypted, when that is done on writing; null when it is not.</summary>
    public Func<int, bool>? Parts { get; init; }

    public int ChunkSize { get; init; } = 32 << 10;

    public int MovedLength => IsVista ? 0 : IsToGo ? 40 << 10 : UsualMovedLength;

    private int Area => IsVista ? 16 << 10 : AreaSize;

    /// <summary>How sectors are encrypted, in dm-crypt's words.</summary>
    public string Cipher => Method switch
    {
        0x8000 or 0x8001 => "aes-cbc-elephant",
        0x8002 or 0x8003 => "aes-cbc-eboiv",
        _ => "aes-xts-plain64",
    };

    private int KeyLength => Method % 2 == 0 ? 16 : 32;

    /// <summary>What they are encrypted with.</summary>
    public byte[] SectorKey => Cipher switch
    {
        "aes-cbc-elephant" => [.. _volumeKey[..KeyLength], .. _volumeKey[32..(32 + KeyLength)]],
        "aes-cbc-eboiv" => _volumeKey[..KeyLength],
        _ => _volumeKey[..(2 * KeyLength)],
    };

    private byte[] StoredKey => Cipher == "aes-cbc-elephant" ? _volumeKey : SectorKey;

    public BitLockerImage WithPassword(string password = Password)
    {
        byte[] key = password == Password ? s_passwordKey.Value : StretchPassword(password);
        return WithProtector(0x2000, StretchEntry(0x1001, key), Encrypted(0, key, 0x2003, _masterKey));
    }

    public BitLockerImage WithRecoveryPassword() => WithProtector(0x0800, StretchEntry(0x1000, s_recoveryKey.Value), Encrypted(0, s_recoveryKey.Value, 0x2003, _masterKey));

    public BitLockerImage WithClearKey()
    {
        byte[] key = _random(32);
        return WithProtector(0, Entry(0, 1, Number(0x2000), key), Encrypted(0, key, 0x2003, _masterKey));
    }

    public BitLockerImage WithTpm() => WithProtector(0x0100, Entry(0, 6, Number(0), _random(100)), Encrypted(0, _random(32), 0x2003, _masterKey));

    /// <summary>Adds a startup key, and gives the file with it.</summary>
    public byte[] AddStartupKey()
    {
        byte[] key = _random(32);
        var id = new Guid(_random(16));
        WithProtector(0x0200, id, Entry(0, 2, Encoding.Unicode.GetBytes("ExternalKey\0")), Entry(0, 4, Number(0x2002), Encrypted(0, _masterKey, 0x2002, key)), Encrypted(0, key, 0x2003, _masterKey));
        byte[] external = Entry(6, 9, id.ToByteArray(), new byte[8], Entry(0, 2, Encoding.Unicode.GetBytes("ExternalKey\0")), Entry(0, 1, Number(0x2002), key));
        return [.. Number(48 + external.Length), .. Number(1), .. Number(48), .. Number(48 + external.Length), .. id.ToByteArray(), .. Number(1), .. new byte[12], .. external];
    }

    /// <summary>What is read of the volume: zeros where the structures are.</summary>
    public byte[] Expected(byte[] plain)
    {
        byte[] expected = (byte[])plain.Clone();
        foreach ((int start, int length) in Reserved(plain.Length))
        {
            expected.AsSpan(start, length).Clear();
        }

        return expected;
    }

    /// <summary>Encrypts a volume. Its length is 1 MiB or more; of Windows Vista it begins with a boot sector of NTFS.</summary>
    public byte[] Write(byte[] plain)
    {
        byte[] disk = (byte[])plain.Clone();
        for (int at = FirstEncrypted; at < disk.Length; at += SectorSize)
        {
            EncryptIfWanted(disk.AsSpan(at, SectorSize), at);
        }

        for (int at = 0; at < MovedLength; at += SectorSize)
        {
            Span<byte> place = disk.AsSpan(MovedTo(disk.Length) + at, SectorSize);
            plain.AsSpan(at, SectorSize).CopyTo(place);
            EncryptIfWanted(place, MovedTo(disk.Length) + at);
        }

        WriteFirstSector(disk, plain);
        byte[] block = MakeBlock(disk.Length, plain);
        foreach (int area in Areas(disk.Length))
        {
            disk.AsSpan(area, Area).Clear();
            block.CopyTo(disk.AsSpan(area));
        }

        if (Parts is not null)
        {
            WriteParts(disk);
        }

        return disk;
    }

    /// <summary>Where the three copies of the metadata are.</summary>
    public static int[] Areas(int length) => [length / 4, length / 2, length / 4 * 3];

    /// <summary>Where the first sectors are moved to.</summary>
    public int MovedTo(int length) => (length / 4) + Area;

    /// <summary>Whether the sector at an address is written encrypted, of a volume that is encrypted as a whole.</summary>
    public bool IsEncrypted(long address, int length) =>
        address >= FirstEncrypted && !(IsVista && address >= length - SectorSize) && !Areas(length).Any(area => address >= area && address < area + Area);

    // Windows Vista leaves its first sectors where they are.
    private int FirstEncrypted => IsVista ? 8192 : MovedLength;

    // Behind the moved sectors: twice the first structure, then the bit map, then its log.
    private int PartsAt(int length) => MovedTo(length) + MovedLength;

    private List<(int Start, int Length)> Reserved(int length)
    {
        List<(int, int)> places = [.. Areas(length).Select(area => (area, Area))];
        places.AddRange(MovedLength > 0 ? [(MovedTo(length), MovedLength)] : []);
        places.AddRange(Parts is null ? [] : [(PartsAt(length), SectorSize), (PartsAt(length) + 4096, SectorSize), (PartsAt(length) + 8192, 4096), (PartsAt(length) + 12288, 4096)]);
        return places;
    }

    private void EncryptIfWanted(Span<byte> sector, int address)
    {
        if (Parts is { } parts ? parts(address / ChunkSize) : State != 1 && address < (EncryptedSize ?? long.MaxValue))
        {
            SectorEncryption.Encrypt(Cipher, SectorKey, (ulong)(Cipher == "aes-xts-plain64" ? address / SectorSize : address), sector);
        }
    }

    private void WriteFirstSector(byte[] disk, byte[] plain)
    {
        Span<byte> first = disk.AsSpan(0, SectorSize);
        if (IsVista)
        {
            // The copy behind the file system is changed as the first one is.
            foreach (int place in new[] { 0, disk.Length - SectorSize })
            {
                Span<byte> sector = disk.AsSpan(place, SectorSize);
                plain.AsSpan(0, SectorSize).CopyTo(sector);
                "-FVE-FS-"u8.CopyTo(sector[3..]);
                BinaryPrimitives.WriteInt64LittleEndian(sector[56..], Areas(disk.Length)[0] / (SectorSize * sector[13]));
            }

            return;
        }

        disk.AsSpan(0, MovedLength).Fill(0xCC);
        first.Clear();
        ((ReadOnlySpan<byte>)[0xEB, 0x58, 0x90]).CopyTo(first);
        (IsToGo ? "MSWIN4.1"u8 : "-FVE-FS-"u8).CopyTo(first[3..]);
        BinaryPrimitives.WriteUInt16LittleEndian(first[11..], (ushort)SectorSize);
        first[13] = (byte)(4096 / SectorSize);
        first[510] = 0x55;
        first[511] = 0xAA;
        Span<byte> identifier = first[(IsToGo ? 424 : 160)..];
        new Guid(Parts is null ? "4967d63b-2e29-4ad8-8399-f6a339e3d001" : "92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8").TryWriteBytes(identifier);
        ulong[] places = [.. Areas(disk.Length).Select(area => (ulong)area), .. Parts is null ? (ulong[])[] : [(ulong)PartsAt(disk.Length), (ulong)PartsAt(disk.Length) + 4096]];
        for (int i = 0; i < places.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(identifier[(16 + (8 * i))..], places[i]);
        }
    }

    private byte[] MakeBlock(int length, byte[] plain)
    {
        byte[] moved = IsVista ? [] : Entry(15, 15, BitConverter.GetBytes((long)MovedTo(length)), BitConverter.GetBytes((long)MovedLength));
        byte[] entries = [.. Entry(7, 2, Encoding.Unicode.GetBytes("TESTER C: 1/2/2026\0")), .. _entries.SelectMany(entry => entry), .. Encrypted(3, _masterKey, Method, StoredKey), .. moved];
        byte[] data = [.. Number(48 + entries.Length), .. Number(1), .. Number(48), .. Number(48 + entries.Length), .. new Guid("01234567-89ab-cdef-0123-456789abcdef").ToByteArray(), .. Number((int)_nonce), .. Number(Method), .. BitConverter.GetBytes(DateTime.UnixEpoch.ToFileTimeUtc()), .. entries];
        int size = (64 + data.Length + 15) / 16 * 16;
        byte[] block = new byte[size];
        "-FVE-FS-"u8.CopyTo(block);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(8), (ushort)(IsVista ? size : size >> 4));
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(10), (ushort)(IsVista ? 1 : 2));
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(12), (ushort)State);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(14), 4);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(16), EncryptedSize ?? (IsVista ? 0 : length));
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(24), ConvertedSize);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(28), MovedLength / SectorSize);
        for (int i = 0; i < 3; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(32 + (8 * i)), Areas(length)[i]);
        }

        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(56), IsVista ? BinaryPrimitives.ReadInt64LittleEndian(plain.AsSpan(56)) : MovedTo(length));
        data.CopyTo(block, 64);
        byte[] hash = IsVista ? [] : Encrypted(0, _masterKey, 0x2005, SHA256.HashData(block));
        return [.. block, .. BitConverter.GetBytes((ushort)(8 + hash.Length)), .. BitConverter.GetBytes((ushort)(IsVista ? 1 : 2)), .. Crc32.Hash(block), .. hash];
    }

    private void WriteParts(byte[] disk)
    {
        int at = PartsAt(disk.Length);
        byte[] header = new byte[64];
        "FVE-EOW\0"u8.CopyTo(header);
        Write16(header, 8, 56);
        Write16(header, 10, header.Length);
        Number(SectorSize).CopyTo(header, 12);
        Number(ChunkSize).CopyTo(header, 20);
        Number(4096).CopyTo(header, 24);
        Number(1).CopyTo(header, 32);
        BitConverter.GetBytes((long)at).CopyTo(header, 40);
        BitConverter.GetBytes(at + 4096L).CopyTo(header, 48);
        BitConverter.GetBytes(at + 8192L).CopyTo(header, 56);
        Seal(header, 36);

        int bits = disk.Length / ChunkSize;
        byte[] bitmap = new byte[64];
        "FVE-EOWBM\0"u8.CopyTo(bitmap);
        Write16(bitmap, 10, 60);
        Number(4096).CopyTo(bitmap, 12);
        BitConverter.GetBytes((long)disk.Length).CopyTo(bitmap, 28);
        BitConverter.GetBytes(at + 12288L).CopyTo(bitmap, 36);
        Number(64).CopyTo(bitmap, 44);
        Number(1024).CopyTo(bitmap, 48);
        Number(36 + (bits / 8)).CopyTo(bitmap, 52);
        Seal(bitmap, 56);

        disk.AsSpan(at, 16384).Clear();
        header.CopyTo(disk, at);
        header.CopyTo(disk, at + 4096);
        bitmap.CopyTo(disk, at + 8192);
        MakeRecord(bits, 1, _ => false).CopyTo(disk, at + 8192 + 64);
        MakeRecord(bits, 2, Parts!).CopyTo(disk, at + 8192 + 1024);
    }

    private static byte[] MakeRecord(int bits, long sequence, Func<int, bool> isSet)
    {
        byte[] record = new byte[36 + (bits / 8)];
        "FVE-EOWBR\0"u8.CopyTo(record);
        Write16(record, 10, 36);
        Number(record.Length).CopyTo(record, 12);
        Number(bits).CopyTo(record, 16);
        BitConverter.GetBytes(sequence).CopyTo(record, 20);
        for (int bit = 0; bit < bits; bit++)
        {
            record[36 + (bit / 8)] |= (byte)(isSet(bit) ? 1 << (bit % 8) : 0);
        }

        Seal(record, 32);
        return record;
    }

    // The checksum is computed with zeros in its place.
    private static void Seal(byte[] bytes, int place) => Crc32.Hash(bytes).CopyTo(bytes, place);

    private BitLockerImage WithProtector(int protection, params byte[][] properties) => WithProtector(protection, new Guid(_random(16)), properties);

    private BitLockerImage WithProtector(int protection, Guid id, params byte[][] properties)
    {
        _entries.Add(Entry(2, 8, [id.ToByteArray(), new byte[10], BitConverter.GetBytes((ushort)protection), .. properties]));
        return this;
    }

    private byte[] StretchEntry(int method, byte[] key) => Entry(0, 3, Number(method), s_salt, Encrypted(0, _masterKey, method, key));

    private byte[] Encrypted(int role, byte[] key, int method, byte[] wrapped)
    {
        byte[] nonce = [.. BitConverter.GetBytes(DateTime.UnixEpoch.ToFileTimeUtc()), .. Number((int)++_nonce)];
        byte[] text = Entry(0, 1, Number(method), wrapped);
        byte[] encrypted = new byte[text.Length];
        byte[] tag = new byte[16];
        using var ccm = new AesCcm(key);
        ccm.Encrypt(nonce, text, encrypted, tag);
        return Entry(role, 5, nonce, tag, encrypted);
    }

    private static byte[] Entry(int role, int value, params byte[][] data)
    {
        byte[] bytes = [.. data.SelectMany(part => part)];
        return [.. BitConverter.GetBytes((ushort)(8 + bytes.Length)), .. BitConverter.GetBytes((ushort)role), .. BitConverter.GetBytes((ushort)value), 1, 0, .. bytes];
    }

    private static byte[] Number(int value) => BitConverter.GetBytes(value);

    private static void Write16(byte[] bytes, int place, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(place), (ushort)value);

    private static byte[] StretchPassword(string password) => Stretch(SHA256.HashData(SHA256.HashData(Encoding.Unicode.GetBytes(password))));

    private static byte[] Stretch(byte[] first)
    {
        byte[] chain = [.. new byte[32], .. first, .. s_salt, .. new byte[8]];
        for (int round = 0; round < 0x100000; round++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(chain.AsSpan(80), round);
            SHA256.HashData(chain, chain.AsSpan(0, 32));
        }

        return chain[..32];
    }
}
