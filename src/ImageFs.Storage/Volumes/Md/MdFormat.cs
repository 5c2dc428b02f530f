using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Volumes.Md;

/// <summary>Arrays of Linux's md driver, as mdadm makes them (md(4)).</summary>
internal sealed class MdFormat : VolumeFormat
{
    // The versions in the order in which blkid looks for them.
    private static readonly (Func<long, long> AddressIn, Func<BlockSource, MdSuperBlock> Read)[] s_versions =
    [
        (MdSuperBlock0.AddressOf, MdSuperBlock0.Read),
        (length => MdSuperBlock1.AddressOf(0, length), source => MdSuperBlock1.Read(source, 0)),
        (length => MdSuperBlock1.AddressOf(1, length), source => MdSuperBlock1.Read(source, 1)),
        (length => MdSuperBlock1.AddressOf(2, length), source => MdSuperBlock1.Read(source, 2)),
    ];

    /// <inheritdoc/>
    public override string Name => "linux_raid_member";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["md"];

    /// <inheritdoc/>
    public override string Title => "Linux RAID (md)";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } =
    [
        new(-MdSuperBlock0.Reserved, MdSuperBlock0.Mark.ToArray()) { Alignment = MdSuperBlock0.Reserved, Or = MdSuperBlock0.BigEndianMark.ToArray() },
        new(-8192, MdSuperBlock1.Mark.ToArray()) { Alignment = 4096 },
        new(0, MdSuperBlock1.Mark.ToArray()),
        new(4096, MdSuperBlock1.Mark.ToArray()),
    ];

    /// <inheritdoc/>
    public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context)
    {
        MdSuperBlock? super = Find(source, sectors, out InvalidImageException? problem);
        if (super is not null)
        {
            return new MdMember(source, super)
            {
                Uuid = MdSuperBlock.BlkidTextOf(super.Uuid),
                Label = super.Version == "0.90" ? string.Empty : super.Name,
                Role = MdRole.NameOf(super.Role, super.MemberCount),
            };
        }

        // As for blkid and mdadm, one that is damaged counts for nothing where something else is there.
        return problem is null || sectors.IsVolume(source) || TableOf(source, sectors) is not null ? null : throw problem;
    }

    /// <inheritdoc/>
    public override bool IsComplete(IReadOnlyList<VolumeMember> members)
    {
        try
        {
            return new MdArray([.. members.Cast<MdMember>()], static _ => { }).IsComplete;
        }
        catch (InvalidImageException)
        {
            // Nothing that is still to come makes it better.
            return true;
        }
    }

    /// <inheritdoc/>
    public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) =>
        new MdSet(new MdArray([.. members.Cast<MdMember>()], context.Warn), context.Warn);

    /// <inheritdoc/>
    public override IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors)
    {
        foreach ((Func<long, long> addressIn, Func<BlockSource, MdSuperBlock> read) in s_versions)
        {
            if (HasMark(source, addressIn(source.Length)) && !IsOfPartition(source, sectors, addressIn(source.Length)))
            {
                yield return new Check("md super block", run => run.Try(() => CheckSuper(source, read, run)));
            }
        }
    }

    // Of several that are good, one is left from before: as for mdadm, the array that was made last counts.
    private static MdSuperBlock? Find(BlockSource source, SectorSizes sectors, out InvalidImageException? problem)
    {
        problem = null;
        MdSuperBlock? found = null;
        foreach ((Func<long, long> addressIn, Func<BlockSource, MdSuperBlock> read) in s_versions)
        {
            long address = addressIn(source.Length);
            if (!HasMark(source, address) || IsOfPartition(source, sectors, address))
            {
                continue;
            }

            try
            {
                MdSuperBlock super = read(source);
                found = found is null || super.Created > found.Created ? super : found;
            }
            catch (InvalidImageException e)
            {
                problem ??= e;
            }
        }

        return found;
    }

    private static bool HasMark(BlockSource source, long address)
    {
        Span<byte> bytes = stackalloc byte[MdSuperBlock1.Mark.Length];
        if (address < 0 || address > source.Length - bytes.Length)
        {
            return false;
        }

        try
        {
            source.ReadAt(address, bytes);
        }
        catch (ImageException)
        {
            // What cannot be read there is no mark: the array below lacks a member.
            return false;
        }

        return bytes.SequenceEqual(MdSuperBlock1.Mark) || bytes.SequenceEqual(MdSuperBlock0.Mark) || bytes.SequenceEqual(MdSuperBlock0.BigEndianMark);
    }

    // What lies at the end of the last partition may lie at the end of the disk, too. Then it is that partition which is the member.
    private static bool IsOfPartition(BlockSource source, SectorSizes sectors, long address) =>
        address > 4096
        && TableOf(source, sectors) is { } table
        && table.Partitions.Any(partition => !partition.IsContainer && partition.Start > 0 && partition.Start <= address && partition.Start + partition.Length > address);

    private static PartitionTable? TableOf(BlockSource source, SectorSizes sectors)
    {
        try
        {
            return PartitionTable.Read(source, sectors, static _ => { });
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static void CheckSuper(BlockSource source, Func<BlockSource, MdSuperBlock> read, CheckRun run)
    {
        MdSuperBlock super = read(source);
        run.Extent = $"version {super.Version}";
        if (super.DataLength > source.Length - super.DataOffset)
        {
            run.Find("md super block", super.Address, $"its {super.DataLength} bytes of data from 0x{super.DataOffset:X} on end beyond the member, which has {source.Length}: it is cut short", MdSuperBlock.Clause);
        }

        foreach ((long start, long length) in super.BadRanges)
        {
            run.Find("log of bad blocks", super.Address, $"the member does not have {length} bytes from 0x{super.DataOffset + start:X} on", MdSuperBlock.Clause);
        }
    }
}

/// <summary>A member of an array.</summary>
/// <param name="Source">The member.</param>
/// <param name="Super">Its super block.</param>
internal sealed record MdMember(BlockSource Source, MdSuperBlock Super) : VolumeMember(Source, Super.UuidText)
{
    /// <summary>What a person calls it.</summary>
    public string Text => Super.DeviceUuid is { } uuid ? $"device {Super.DeviceNumber} ({MdSuperBlock.TextOf(uuid)})" : $"device {Super.DeviceNumber}";

    /// <summary>Its data, as far as it is there.</summary>
    public BlockSource Data => new BlockSlice(Source, Math.Min(Super.DataOffset, Source.Length), Math.Clamp(Source.Length - Super.DataOffset, 0, Super.DataLength));
}
