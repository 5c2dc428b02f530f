using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Tests.Storage.Volumes.Md;

/// <summary>Members of an array of md, written as its header md_p.h has them; <c>mdadm --examine</c> reads them.</summary>
/// <param name="Version">"0.90", "1.0", "1.1" or "1.2".</param>
/// <param name="Level">The level.</param>
/// <param name="Count">raid_disks.</param>
internal sealed record MdImage(string Version, int Level, int Count)
{
    public const int Sector = 512;

    /// <summary>What the array's UUID is, as mdadm writes it.</summary>
    public const string Uuid = "00112233:44556677:8899aabb:ccddeeff";

    public int Layout { get; init; }

    public int Chunk { get; init; } = 4096;

    public string Name { get; init; } = "host:home";

    public uint Features { get; init; }

    public ulong Events { get; init; } = 20;

    /// <summary>resync_offset, in sectors.</summary>
    public ulong Clean { get; init; } = ulong.MaxValue;

    /// <summary>The roles, by the numbers of the devices; null for each the place of its number.</summary>
    public int[]? Roles { get; init; }

    public long RecoveryOffset { get; init; }

    /// <summary>Of version 0.90.</summary>
    public bool IsBigEndian { get; init; }

    public int Minor0 { get; init; } = 90;

    public uint Created { get; init; } = 1_700_000_000;

    /// <summary>Ranges of bad blocks: sectors from the start of the member.</summary>
    public (long Sector, int Count)[] Bad { get; init; } = [];

    /// <summary>Sectors of data, where the super block is to say something else than is true.</summary>
    public long? StatedData { get; init; }

    /// <summary>Bytes before the data.</summary>
    public int DataOffset => Version is "1.1" or "1.2" ? 16 << 10 : 0;

    /// <summary>The member with some data.</summary>
    /// <param name="number">dev_number.</param>
    /// <param name="data">Its data; whole sectors.</param>
    /// <param name="tail">Bytes behind it, besides what the super block needs.</param>
    public byte[] Member(int number, byte[] data, int tail = 0)
    {
        int behind = Version switch { "0.90" => 128 << 10, "1.0" => 16 << 10, _ => 0 };
        byte[] member = new byte[DataOffset + data.Length + behind + tail];
        data.CopyTo(member, DataOffset);
        long address = AddressIn(member.Length);
        WriteSuper(member.AsSpan((int)address), number, address, data.Length);
        WriteBadBlocks(member, address);
        return member;
    }

    /// <summary>Where the super block is (md(4)).</summary>
    public long AddressIn(long length) => Version switch
    {
        "0.90" => (length / 65536 * 65536) - 65536,
        "1.0" => ((length / 512) - 16) / 8 * 8 * 512,
        "1.1" => 0,
        _ => 4096,
    };

    /// <summary>Puts the checksum right again after a change.</summary>
    public static void Seal(Span<byte> super)
    {
        if (super[0] == 0xFC && super[4] == 1)
        {
            int length = 256 + (2 * (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(super[220..]), 1920));
            super.Slice(216, 4).Clear();
            ulong sum = 0;
            for (int at = 0; at < length; at += 2)
            {
                sum += (ulong)BinaryPrimitives.ReadUInt16LittleEndian(super[at..]) << (at % 4 == 0 ? 0 : 16);
            }

            BinaryPrimitives.WriteUInt32LittleEndian(super[216..], unchecked((uint)(sum + (sum >> 32))));
            return;
        }

        bool isBig = super[0] == 0xA9;
        super.Slice(152, 4).Clear();
        ulong words = 0;
        for (int at = 0; at < 4096; at += 4)
        {
            words += isBig ? BinaryPrimitives.ReadUInt32BigEndian(super[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(super[at..]);
        }

        uint folded = unchecked((uint)(words + (words >> 32)));
        if (isBig)
        {
            BinaryPrimitives.WriteUInt32BigEndian(super[152..], folded);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(super[152..], folded);
        }
    }

    private void WriteSuper(Span<byte> super, int number, long address, long length)
    {
        if (Version == "0.90")
        {
            WriteSuper0(super, number, length);
        }
        else
        {
            WriteSuper1(super, number, address, length);
        }

        Seal(super);
    }

    private void WriteSuper1(Span<byte> super, int number, long address, long length)
    {
        int[] roles = Roles ?? [.. Enumerable.Range(0, Count)];
        int maxDevices = Math.Max(128, roles.Length);
        Put32(super, 0, 0xA92B4EFC);
        Put32(super, 4, 1);
        Put32(super, 8, Features | (RecoveryOffset > 0 ? 2u : 0) | (Bad.Length > 0 ? 8u : 0) | (Level == 0 && Layout > 0 ? 4096u : 0));
        Convert.FromHexString(Uuid.Replace(":", string.Empty)).CopyTo(super[16..]);
        Encoding.UTF8.GetBytes(Name, super.Slice(32, 32));
        Put64(super, 64, Created);
        Put32(super, 72, unchecked((uint)Level));
        Put32(super, 76, (uint)Layout);
        Put64(super, 80, Level > 0 ? (ulong)length / Sector : 0);
        Put32(super, 88, (uint)Chunk / Sector);
        Put32(super, 92, (uint)Count);
        Put64(super, 128, (ulong)DataOffset / Sector);
        Put64(super, 136, (ulong)(StatedData ?? (length / Sector)));
        Put64(super, 144, (ulong)address / Sector);
        Put64(super, 152, (ulong)RecoveryOffset);
        Put32(super, 160, (uint)number);
        super.Slice(168, 16).Fill((byte)(0xD0 + number));
        if (Bad.Length > 0)
        {
            super[186] = 8;
            Put32(super, 188, 8);
        }

        Put64(super, 192, Created + 100);
        Put64(super, 200, Events);
        Put64(super, 208, Clean);
        Put32(super, 220, (uint)maxDevices);
        for (int i = 0; i < maxDevices; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(super[(256 + (2 * i))..], i < roles.Length ? (ushort)roles[i] : (ushort)0xFFFF);
        }
    }

    private void WriteSuper0(Span<byte> super, int number, long length)
    {
        int[] roles = Roles ?? [.. Enumerable.Range(0, Count)];
        uint[] uuid = [.. Uuid.Split(':').Select(word => Convert.ToUInt32(word, 16))];
        Put32(super, 0, 0xA92B4EFC);
        Put32(super, 8, (uint)Minor0);
        Put32(super, 20, uuid[0]);
        Put32(super, 24, Created);
        Put32(super, 28, unchecked((uint)Level));
        Put32(super, 32, (uint)(length / 1024));
        Put32(super, 36, (uint)Count);
        Put32(super, 40, (uint)Count);
        Put32(super, 44, 7);
        Put32(super, 52, uuid[1]);
        Put32(super, 56, uuid[2]);
        Put32(super, 60, uuid[3]);
        Put32(super, 128, Created + 100);
        Put32(super, 132, Clean == ulong.MaxValue ? 1u : 0);
        Put32(super, IsBigEndian ? 160 : 156, (uint)Events);
        Put32(super, 256, (uint)Layout);
        Put32(super, 260, (uint)Chunk);
        for (int i = 0; i < roles.Length; i++)
        {
            WriteDescriptor(super[(512 + (128 * i))..], i, roles[i]);
        }

        WriteDescriptor(super[3968..], number, roles[number]);
    }

    // Faulty, or active and in sync; a spare is neither.
    private void WriteDescriptor(Span<byte> descriptor, int number, int role)
    {
        Put32(descriptor, 0, (uint)number);
        Put32(descriptor, 12, role < Count ? (uint)role : (uint)number);
        Put32(descriptor, 16, role == 0xFFFE ? 1u : role < Count ? 6u : 0);
    }

    private void WriteBadBlocks(byte[] member, long address)
    {
        if (Bad.Length == 0)
        {
            return;
        }

        Span<byte> log = member.AsSpan((int)address + 4096, 4096);
        log.Fill(0xFF);
        for (int i = 0; i < Bad.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(log[(8 * i)..], ((ulong)Bad[i].Sector << 10) | (uint)Bad[i].Count);
        }
    }

    private void Put32(Span<byte> bytes, int at, uint value)
    {
        if (IsBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[at..], value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
        }
    }

    private static void Put64(Span<byte> bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[at..], value);
}
