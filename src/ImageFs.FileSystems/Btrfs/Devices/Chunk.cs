using System.Numerics;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>
/// Where a range of logical addresses lies. A chunk is a row of columns: the stripes of data take turns in them, and a column is as many
/// stripes of the chunk as there are copies. With parity each is one stripe, and its place changes from row to row.
/// </summary>
internal sealed class Chunk
{
    /// <summary>BTRFS_STRIPE_LEN: bytes that lie in one column before the next one's turn.</summary>
    public const int StripeLength = 64 << 10;

    /// <summary>Where it is specified.</summary>
    public const string Clause = "btrfs_chunk";

    // A row may reach a stripe beyond what is used of it.
    private const ulong MaxAddress = long.MaxValue - StripeLength;
    private const BlockGroupFlags Kinds = BlockGroupFlags.Data | BlockGroupFlags.System | BlockGroupFlags.Metadata;
    private const BlockGroupFlags Profiles = BlockGroupFlags.Raid0 | BlockGroupFlags.Raid1 | BlockGroupFlags.Dup | BlockGroupFlags.Raid10
        | BlockGroupFlags.Raid5 | BlockGroupFlags.Raid6 | BlockGroupFlags.Raid1C3 | BlockGroupFlags.Raid1C4;

    private readonly (MemberDevice Device, long Offset)[] _stripes;

    private Chunk(long start, ChunkItem item, DeviceTable devices)
    {
        Start = start;
        Length = (long)item.Length;
        Flags = item.Flags;
        _stripes = new (MemberDevice, long)[item.StripeCount];
        for (int i = 0; i < _stripes.Length; i++)
        {
            (DeviceKey key, ulong offset) = item.Stripe(i);
            _stripes[i] = (devices.Get(key), (long)offset);
        }

        ParityCount = ParityOf(Flags);
        Copies = (Flags & Profiles) switch
        {
            BlockGroupFlags.Raid10 => item.SubStripes,
            BlockGroupFlags.Dup or BlockGroupFlags.Raid1 or BlockGroupFlags.Raid1C3 or BlockGroupFlags.Raid1C4 => _stripes.Length,
            _ => 1,
        };
        Columns = (_stripes.Length / Copies) - ParityCount;

        // The copies in the order in which they are best asked.
        for (int i = 0; Copies > 1 && i < _stripes.Length; i += Copies)
        {
            (MemberDevice Device, long Offset)[] sorted = [.. _stripes.AsSpan(i, Copies).ToArray().OrderBy(stripe => stripe.Device.Rank)];
            sorted.CopyTo(_stripes, i);
        }
    }

    /// <summary>The first logical address.</summary>
    public long Start { get; }

    /// <summary>Bytes of logical addresses.</summary>
    public long Length { get; }

    /// <summary>The first address after it.</summary>
    public long End => Start + Length;

    /// <summary>What it is for, and its profile.</summary>
    public BlockGroupFlags Flags { get; }

    /// <summary>Copies of each byte; 1 where there is parity.</summary>
    public int Copies { get; }

    /// <summary>Columns of data.</summary>
    public int Columns { get; }

    /// <summary>Members of each row that are parity: 1 of RAID 5, 2 of RAID 6.</summary>
    public int ParityCount { get; }

    /// <summary>Devices that it lies on; one twice where it has two stripes.</summary>
    public IEnumerable<MemberDevice> Devices => _stripes.Select(stripe => stripe.Device);

    /// <summary>Reads and checks a chunk.</summary>
    /// <param name="start">The first logical address, of the key.</param>
    /// <param name="bytes">The item, and what follows it.</param>
    /// <param name="address">Where it is, for messages.</param>
    /// <param name="sectorSize">The unit of data, in bytes.</param>
    /// <param name="devices">The devices that are there; those that are missing are added.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of a profile that is not known.</exception>
    public static Chunk Read(ulong start, ReadOnlySpan<byte> bytes, long address, int sectorSize, DeviceTable devices)
    {
        if (bytes.Length < ChunkItem.HeaderSize || bytes.Length < new ChunkItem(bytes).Size)
        {
            throw new InvalidImageException("chunk", address, $"its item has {bytes.Length} bytes", Clause);
        }

        var item = new ChunkItem(bytes);
        BlockGroupFlags unknown = item.Flags & ~(Kinds | Profiles);
        if (unknown != 0)
        {
            throw new UnsupportedFeatureException($"a chunk of the unknown type 0x{(ulong)unknown:X}", Clause);
        }

        return FindProblem(start, item, (uint)sectorSize) is { } problem
            ? throw new InvalidImageException("chunk", address, $"that of 0x{start:X}: {problem}", Clause)
            : new Chunk((long)start, item, devices);
    }

    /// <summary>Where bytes of a copy are.</summary>
    /// <param name="within">Where they begin in the chunk.</param>
    /// <param name="copy">Less than <see cref="Copies"/>.</param>
    public StripePart PartOf(long within, int copy)
    {
        (long row, int column, long inRow) = Split(within);
        (MemberDevice device, long offset) = ParityCount > 0 ? StripeOf(row, column) : _stripes[(column * Copies) + copy];
        return new StripePart(device, offset + (row * StripeLength) + inRow, RestOf(within, inRow));
    }

    /// <summary>The row that bytes are in, of a chunk with parity.</summary>
    /// <param name="within">Where they begin in the chunk.</param>
    /// <param name="column">The column that they are in.</param>
    public ChunkRow RowOf(long within, out int column)
    {
        (long row, column, long inRow) = Split(within);
        return new ChunkRow(this, row, inRow);
    }

    /// <summary>A stripe of a row with parity: data first, then P and Q.</summary>
    public (MemberDevice Device, long Offset) StripeOf(long row, int member) => _stripes[(int)((row + member) % _stripes.Length)];

    private (long Row, int Column, long InRow) Split(long within)
    {
        if (Columns == 1 && ParityCount == 0)
        {
            return (0, 0, within);
        }

        long stripe = within / StripeLength;
        return (stripe / Columns, (int)(stripe % Columns), within % StripeLength);
    }

    private long RestOf(long within, long inRow) => Math.Min(Columns == 1 && ParityCount == 0 ? Length : StripeLength - inRow, Length - within);

    private static int ParityOf(BlockGroupFlags flags) => (flags & Profiles) switch { BlockGroupFlags.Raid5 => 1, BlockGroupFlags.Raid6 => 2, _ => 0 };

    // As btrfs_check_chunk_valid.
    private static string? FindProblem(ulong start, ChunkItem item, uint sectorSize)
    {
        BlockGroupFlags profile = item.Flags & Profiles;
        if (item.Length == 0 || start % sectorSize != 0 || item.Length % sectorSize != 0)
        {
            return $"its {item.Length} bytes are no whole sectors of {sectorSize}";
        }

        if ((UInt128)start + item.Length > MaxAddress)
        {
            return $"its {item.Length} bytes are beyond all addresses";
        }

        if (BitOperations.PopCount((ulong)profile) > 1)
        {
            return $"it has two profiles (type 0x{(ulong)item.Flags:X})";
        }

        if ((item.Flags & Kinds) is 0 or > BlockGroupFlags.System and not (BlockGroupFlags.Metadata or (BlockGroupFlags.Metadata | BlockGroupFlags.Data)))
        {
            return $"it is for nothing that there is (type 0x{(ulong)item.Flags:X})";
        }

        if (item.StripeLength != StripeLength)
        {
            return $"its stripes have {item.StripeLength} bytes, not {StripeLength}";
        }

        (int min, int max) = profile switch
        {
            BlockGroupFlags.Raid1 or BlockGroupFlags.Dup => (2, 2),
            BlockGroupFlags.Raid1C3 => (3, 3),
            BlockGroupFlags.Raid1C4 => (4, 4),
            BlockGroupFlags.Raid10 => (2, ushort.MaxValue),
            BlockGroupFlags.Raid5 => (2, ushort.MaxValue),
            BlockGroupFlags.Raid6 => (3, ushort.MaxValue),
            BlockGroupFlags.Raid0 => (1, ushort.MaxValue),
            _ => (1, 1),
        };
        if (item.StripeCount < min || item.StripeCount > max)
        {
            return $"it has {item.StripeCount} stripes, of profile {ProfileNames.Of(profile)}";
        }

        if (profile == BlockGroupFlags.Raid10 && (item.SubStripes != 2 || item.StripeCount % 2 != 0))
        {
            return $"it has {item.SubStripes} copies in {item.StripeCount} stripes";
        }

        for (int i = 0; i < item.StripeCount; i++)
        {
            (DeviceKey device, ulong offset) = item.Stripe(i);
            if (offset % sectorSize != 0 || (UInt128)offset + item.Length > MaxAddress)
            {
                return $"its stripe {i} is at 0x{offset:X} of device {device.Id}";
            }
        }

        return null;
    }
}

/// <summary>Bytes that lie on a device one after the other.</summary>
/// <param name="Device">The device.</param>
/// <param name="Offset">Where they begin there.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct StripePart(MemberDevice Device, long Offset, long Length)
{
    /// <summary>How many of them are there; the image of a device may end before.</summary>
    public long Available => Math.Min(Length, Device.BytesFrom(Offset));
}
