using System.Buffers.Binary;
using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Md;

/// <summary>The super block of version 0.90, in the byte order of the machine that made it (struct mdp_superblock_s).</summary>
internal readonly ref struct MdSuperBlock0
{
    /// <summary>Bytes kept at the end for it, and what its place is a multiple of (MD_RESERVED_BYTES).</summary>
    public const int Reserved = 64 << 10;

    private const string Name = "md super block";
    private const int DeviceCount = 27;
    private const int DescriptorSize = 128;
    private const int Descriptors = 512;
    private const int OwnDescriptor = 3968;
    private const int UsualMinor = 90;
    private const int ReshapeMinor = 91;
    private const uint StateFaulty = 1;
    private const uint StateSync = 4;
    private const uint StateJournal = 1 << 18;
    private const uint StateClean = 1;
    private const int KiB = 1024;

    // What it counts sizes in has 32 bits, but for RAID 0 and linear, where it does not count.
    private const long MaxData = ((long)KiB << 32) - KiB;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isBigEndian;

    private MdSuperBlock0(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        _bytes = bytes;
        _isBigEndian = isBigEndian;
    }

    /// <summary>What a super block begins with: the magic number and the major version.</summary>
    public static ReadOnlySpan<byte> Mark => [0xFC, 0x4E, 0x2B, 0xA9, 0, 0, 0, 0];

    /// <summary>The same in the other byte order.</summary>
    public static ReadOnlySpan<byte> BigEndianMark => [0xA9, 0x2B, 0x4E, 0xFC, 0, 0, 0, 0];

    /// <summary>Where it is, by the length of the member; below 0 where that has no room for it.</summary>
    public static long AddressOf(long length) => (length & -Reserved) - Reserved;

    /// <summary>Reads and checks it.</summary>
    /// <param name="source">The member.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static MdSuperBlock Read(BlockSource source)
    {
        long address = AddressOf(source.Length);
        Span<byte> bytes = stackalloc byte[MdSuperBlock.Size];
        source.ReadAt(address, bytes);
        var super = new MdSuperBlock0(bytes, isBigEndian: bytes[0] == BigEndianMark[0]);
        return super.FindProblem() is { } problem
            ? throw new InvalidImageException(Name, address, problem, MdSuperBlock.Clause)
            : super.ToSuperBlock(address);
    }

    private string? FindProblem()
    {
        if (Word(8) is not (UsualMinor or ReshapeMinor))
        {
            return $"its version is 0.{Word(8)}";
        }

        // Machines folded sums in different ways: what is compared is folded further (md_csum_fold).
        uint sum = Fold(Sum());
        return sum != Fold(Word(152)) ? $"its checksum is 0x{sum:X4}, not 0x{Fold(Word(152)):X4} (folded)" : null;
    }

    private MdSuperBlock ToSuperBlock(long address)
    {
        int level = unchecked((int)Word(28));
        bool isReshaping = Word(8) == ReshapeMinor;
        bool isClean = (Word(132) & StateClean) != 0;
        ulong events = Pair(156);
        ulong checkpoint = events == Pair(164) ? Word(172) : 0;
        return new MdSuperBlock("0.90", address)
        {
            Uuid = new UInt128(((ulong)Word(20) << 32) | Word(52), ((ulong)Word(56) << 32) | Word(60)),
            Name = $"md{Word(44)}",
            Created = DateTimeOffset.FromUnixTimeSeconds(Word(24)),
            Updated = DateTimeOffset.FromUnixTimeSeconds(Word(128)),
            Level = level,
            Layout = level == (int)RaidLevel.Raid0 ? 0 : unchecked((int)Word(256)),
            ChunkLength = Word(260),
            MemberLength = (long)Word(32) * KiB,
            MemberCount = (int)Math.Min(Word(40), int.MaxValue),
            Events = events,
            CleanLength = isClean ? long.MaxValue : (long)checkpoint * MdSuperBlock.SectorSize,
            Features = isReshaping ? MdFeatures.ReshapeActive : 0,
            DataLength = level >= (int)RaidLevel.Raid1 ? Math.Min(address, MaxData) : address,
            DeviceNumber = (int)Math.Min(Word(OwnDescriptor), int.MaxValue),
            Roles = ReadRoles(),
        };
    }

    // What is neither faulty nor in sync is a spare, or being rebuilt: how far is not written down.
    private int[] ReadRoles()
    {
        int[] roles = new int[DeviceCount];
        for (int i = 0; i < roles.Length; i++)
        {
            int descriptor = Descriptors + (i * DescriptorSize);
            uint state = Word(descriptor + 16);
            roles[i] = (state & StateFaulty) != 0 ? MdRole.Faulty
                : (state & StateSync) != 0 ? (int)Math.Min(Word(descriptor + 12), int.MaxValue)
                : (state & StateJournal) != 0 ? MdRole.Journal
                : MdRole.Spare;
        }

        return roles;
    }

    private uint Sum()
    {
        ulong sum = 0;
        for (int at = 0; at < _bytes.Length; at += 4)
        {
            sum += at == 152 ? 0 : Word(at);
        }

        return unchecked((uint)((sum & uint.MaxValue) + (sum >> 32)));
    }

    private static uint Fold(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (sum & 0xFFFF) + (sum >> 16);
    }

    private uint Word(int at) => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(_bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(_bytes[at..]);

    // Two words as the machine would have one number.
    private ulong Pair(int at) => _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(_bytes[at..]) : BinaryPrimitives.ReadUInt64LittleEndian(_bytes[at..]);
}
