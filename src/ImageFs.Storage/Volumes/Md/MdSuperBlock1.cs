using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Md;

/// <summary>The super block of versions 1.0, 1.1 and 1.2, which are the same in different places (struct mdp_superblock_1).</summary>
internal readonly ref struct MdSuperBlock1
{
    private const string Name = "md super block";
    private const int HeaderSize = 256;
    private const int MaxDevices = (MdSuperBlock.Size - HeaderSize) / 2;
    private const int RoleSpare = 0xFFFF;
    private const int RoleJournal = 0xFFFD;
    private const int MaxRole = 0xFF00;
    private const ulong SecondsMask = (1UL << 40) - 1;

    // The year 9999 begins.
    private const ulong MaxSeconds = 253_370_764_800;
    private const int MicrosecondsShift = 40;

    // The kernel reads one page of the log of bad blocks.
    private const int MaxLogSectors = 8;
    private const int LogEntry = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private MdSuperBlock1(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    private MdFeatures Features => (MdFeatures)UInt32(8);

    private uint MaxDev => UInt32(220);

    /// <summary>What a super block begins with: the magic number and the major version.</summary>
    public static ReadOnlySpan<byte> Mark => [0xFC, 0x4E, 0x2B, 0xA9, 1, 0, 0, 0];

    /// <summary>Where it is, by the minor version and the length of the member; below 0 where that has no room for it.</summary>
    public static long AddressOf(int minor, long length) => minor switch
    {
        0 => ((length & -MdSuperBlock.SectorSize) - 8192) & -4096,
        1 => 0,
        _ => 4096,
    };

    /// <summary>Reads and checks it.</summary>
    /// <param name="source">The member.</param>
    /// <param name="minor">The minor version.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static MdSuperBlock Read(BlockSource source, int minor)
    {
        long address = AddressOf(minor, source.Length);
        Span<byte> bytes = stackalloc byte[MdSuperBlock.Size];
        bytes.Clear();
        source.ReadAt(address, bytes[..(int)Math.Min(bytes.Length, source.Length - address)]);
        var super = new MdSuperBlock1(bytes);
        if (super.FindProblem(address) is { } problem)
        {
            throw new InvalidImageException(Name, address, problem, MdSuperBlock.Clause);
        }

        return super.ToSuperBlock($"1.{minor}", address, super.ReadBadBlocks(source, address));
    }

    private string? FindProblem(long address)
    {
        if (MaxDev > MaxDevices)
        {
            return $"max_dev is {MaxDev}, and there is room for {MaxDevices}";
        }

        uint sum = Sum(_bytes[..(HeaderSize + (2 * (int)MaxDev))]);
        if (sum != UInt32(216))
        {
            return $"its checksum is 0x{sum:X8}, not 0x{UInt32(216):X8}";
        }

        if (UInt64(144) != (ulong)address / MdSuperBlock.SectorSize)
        {
            return $"super_offset is {UInt64(144)}: it belongs elsewhere";
        }

        return UInt32(12) != 0 ? "pad0 is not zero" : null;
    }

    // calc_sb_1_csum: little-endian words, the checksum's own counting as 0.
    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        int at = 0;
        for (; at <= bytes.Length - 4; at += 4)
        {
            sum += at == 216 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
        }

        if (at < bytes.Length)
        {
            sum += BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
        }

        return unchecked((uint)((sum & uint.MaxValue) + (sum >> 32)));
    }

    private MdSuperBlock ToSuperBlock(string version, long address, IReadOnlyList<(long Start, long Length)> bad)
    {
        int level = Int32(72);
        ulong recovered = UInt64(152);
        ulong resync = UInt64(208);
        ReadOnlySpan<byte> name = _bytes.Slice(32, 32);
        int nameLength = name.IndexOf((byte)0);
        return new MdSuperBlock(version, address)
        {
            Uuid = BinaryPrimitives.ReadUInt128BigEndian(_bytes[16..]),
            Name = Encoding.UTF8.GetString(nameLength < 0 ? name : name[..nameLength]),
            Created = Time(64),
            Updated = Time(192),
            Level = level,
            Layout = level == (int)RaidLevel.Raid0 && !Features.HasFlag(MdFeatures.Raid0Layout) ? 0 : Int32(76),
            ChunkLength = (long)UInt32(88) * MdSuperBlock.SectorSize,
            MemberLength = MdSuperBlock.Bytes(UInt64(80), address, "size"),
            MemberCount = (int)Math.Min(UInt32(92), int.MaxValue),
            Events = UInt64(200),
            CleanLength = resync >= long.MaxValue / MdSuperBlock.SectorSize ? long.MaxValue : (long)resync * MdSuperBlock.SectorSize,
            Features = Features,
            DataOffset = MdSuperBlock.Bytes(UInt64(128), address, "data_offset"),
            DataLength = MdSuperBlock.Bytes(UInt64(136), address, "data_size"),
            DeviceNumber = (int)Math.Min(UInt32(160), int.MaxValue),
            DeviceUuid = BinaryPrimitives.ReadUInt128BigEndian(_bytes[168..]),
            Roles = ReadRoles(),
            RebuiltLength = !Features.HasFlag(MdFeatures.RecoveryOffset) || recovered >= long.MaxValue / MdSuperBlock.SectorSize
                ? long.MaxValue
                : (long)recovered * MdSuperBlock.SectorSize,
            BadRanges = bad,
        };
    }

    private int[] ReadRoles()
    {
        int[] roles = new int[MaxDev];
        for (int i = 0; i < roles.Length; i++)
        {
            int role = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(HeaderSize + (2 * i))..]);
            roles[i] = role switch { RoleSpare => MdRole.Spare, RoleJournal => MdRole.Journal, >= MaxRole => MdRole.Faulty, _ => role };
        }

        return roles;
    }

    // Entries have a sector in the upper 54 bits, and a number of sectors; the last one has all bits.
    private List<(long Start, long Length)> ReadBadBlocks(BlockSource source, long address)
    {
        if (!Features.HasFlag(MdFeatures.BadBlocks))
        {
            return [];
        }

        int sectors = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[186..]);
        int shift = _bytes[185];
        long log = address + ((long)BinaryPrimitives.ReadInt32LittleEndian(_bytes[188..]) * MdSuperBlock.SectorSize);
        if (sectors is 0 or > MaxLogSectors || log == address || log < 0 || shift > 32)
        {
            throw new InvalidImageException(Name, address, $"its log of bad blocks has {sectors} sectors at 0x{log:X}, in units of 2^{shift} sectors", MdSuperBlock.Clause);
        }

        using var buffer = new PooledBuffer(sectors * MdSuperBlock.SectorSize);
        source.ReadAt(log, buffer.Span);
        long dataOffset = MdSuperBlock.Bytes(UInt64(128), address, "data_offset");
        var ranges = new List<(long Start, long Length)>();
        for (int at = 0; at < buffer.Span.Length; at += LogEntry)
        {
            ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(buffer.Span[at..]);
            if (entry == ulong.MaxValue)
            {
                break;
            }

            UInt128 start = (UInt128)(entry >> 10) << shift;
            UInt128 count = (UInt128)(entry & 0x3FF) << shift;
            if (start + count > long.MaxValue / MdSuperBlock.SectorSize)
            {
                throw new InvalidImageException("log of bad blocks", log + at, $"an entry has {count} sectors from {start} on", MdSuperBlock.Clause);
            }

            // They count from the start of the member.
            long first = Math.Max(0, ((long)start * MdSuperBlock.SectorSize) - dataOffset);
            long end = Math.Max(0, ((long)(start + count) * MdSuperBlock.SectorSize) - dataOffset);
            ranges.Add((first, end - first));
        }

        return ranges;
    }

    private DateTimeOffset Time(int at)
    {
        ulong value = UInt64(at);
        return DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(value & SecondsMask, MaxSeconds)).AddMicroseconds(value >> MicrosecondsShift);
    }

    private int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(_bytes[at..]);

    private uint UInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]);

    private ulong UInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[at..]);
}
