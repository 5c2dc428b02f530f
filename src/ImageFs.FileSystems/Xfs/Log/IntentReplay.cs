using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs.Attributes;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// Finishes what the log began, where a reader sees it, as Linux does (xlog_recover_process_intents): extents that a fork gets or loses, that two
/// files exchange, and extended attributes. Space that is still to be freed, and what is to be counted of it, changes nothing that is read.
/// </summary>
/// <param name="volume">The volume, with the log replayed.</param>
/// <param name="sectors">The same, to be changed.</param>
/// <param name="log">The log, for messages.</param>
internal sealed class IntentReplay(XfsVolume volume, PatchedSectors sectors, LogReader log)
{
    private const int SizeOffset = 56;
    private const int BlocksOffset = 64;
    private const int NameRegion = 1;
    private const int ValueRegion = 2;

    // XATTR_NAME_MAX and XATTR_SIZE_MAX.
    private const int MaxName = 255;
    private const int MaxValue = 64 * 1024;

    private readonly Dictionary<(long Inode, bool IsAttributes), ForkEdit> _forks = [];
    private readonly Dictionary<long, long> _sizes = [];
    private readonly WorkLimit _limit = new();

    /// <summary>Whether an intent is one that a reader would notice.</summary>
    public static bool Matters(LogItem item) => item.Type is LogItemType.BlockMap or LogItemType.Exchange or LogItemType.Attribute;

    /// <summary>Finishes intents.</summary>
    /// <param name="intents">All that <see cref="Matters"/>, in the order of the log.</param>
    /// <returns>What cannot be written into the volume; sizes of files and their numbers of blocks were.</returns>
    /// <exception cref="ImageException">One is damaged, or the inode that it is of.</exception>
    public FinishedWork Run(IReadOnlyList<LogItem> intents)
    {
        var finished = new FinishedWork { Count = intents.Count };
        foreach (LogItem item in intents)
        {
            switch (item.Type)
            {
                case LogItemType.BlockMap:
                    ChangeMap(item);
                    break;
                case LogItemType.Exchange:
                    Exchange(item);
                    break;
                default:
                    ChangeAttribute(item, finished);
                    break;
            }
        }

        foreach (((long inode, bool isAttributes), ForkEdit fork) in _forks)
        {
            finished.SetFork(inode, isAttributes, fork.ToBytes());
        }

        foreach (long inode in _forks.Keys.Select(fork => fork.Inode).Distinct())
        {
            Write(inode);
        }

        return finished;
    }

    private InvalidImageException Damaged(LogItem item, string problem, string clause) =>
        new("log", log.AddressOf(item.Block), $"{problem}; -o norecovery leaves the log alone", clause);

    private ForkEdit Open(long number, bool isAttributes, uint? generation, LogItem item, string clause)
    {
        if (_forks.TryGetValue((number, isAttributes), out ForkEdit? fork))
        {
            return fork;
        }

        byte[] buffer = new byte[volume.Geometry.InodeSize];
        Inode inode = volume.Inodes.Read(number, buffer);
        if (generation is { } wanted && inode.Generation != wanted)
        {
            throw Damaged(item, $"an intent is of inode {number} of generation {wanted}, which has {inode.Generation}", clause);
        }

        fork = new ForkEdit(volume, inode, isAttributes, _limit);
        _forks.Add((number, isAttributes), fork);
        _sizes.TryAdd(number, inode.Size);
        return fork;
    }

    private void ChangeMap(LogItem item)
    {
        var format = new BlockMapFormat(item.Format);
        if (!format.IsGood)
        {
            throw Damaged(item, $"an intent of {item.Format.Length} bytes maps no extent", BlockMapFormat.Clause);
        }

        ForkEdit fork = Open(format.Inode, format.IsAttributes, null, item, BlockMapFormat.Clause);
        FileExtent extent = format.Extent;
        if (!format.IsMap)
        {
            fork.Unmap(extent.FileBlock, extent.Count);
        }
        else if (!fork.TryMap(extent))
        {
            throw Damaged(item, $"block {extent.FileBlock} of a fork of inode {format.Inode} is mapped twice", BlockMapFormat.Clause);
        }
    }

    private void Exchange(LogItem item)
    {
        var format = new ExchangeFormat(item.Format);
        if (!format.IsGood)
        {
            throw Damaged(item, $"an intent of {item.Format.Length} bytes exchanges no extents", ExchangeFormat.Clause);
        }

        bool isAttributes = format.Flags.HasFlag(ExchangeFlags.Attributes);
        ForkEdit first = Open(format.Inode1, isAttributes, format.Generation1, item, ExchangeFormat.Clause);
        ForkEdit second = Open(format.Inode2, isAttributes, format.Generation2, item, ExchangeFormat.Clause);
        if (format.Flags.HasFlag(ExchangeFlags.OnlyWritten) && IsRealTime(format.Inode1))
        {
            throw new UnsupportedFeatureException("a log that leaves an exchange of real-time files unfinished (-o norecovery leaves the log alone)", ExchangeFormat.Clause);
        }

        for (long done = 0; done < format.Count;)
        {
            done += ExchangeStep(first, format.Start1 + done, second, format.Start2 + done, format, done, item);
        }

        // The sizes come with the last step (xfs_exchmaps_finish_one).
        if (format.Count > 0 && format.Flags.HasFlag(ExchangeFlags.Sizes))
        {
            _sizes[format.Inode1] = format.Size1;
            _sizes[format.Inode2] = format.Size2;
        }
    }

    // One step of it (xfs_exchmaps_find_mappings, xfs_exchmaps_one_step): the blocks that it was over.
    private long ExchangeStep(ForkEdit first, long start1, ForkEdit second, long start2, ExchangeFormat format, long done, LogItem item)
    {
        FileExtent extent1 = first.At(start1, format.Count - done, out bool isHole1);
        if (format.Flags.HasFlag(ExchangeFlags.OnlyWritten) && (isHole1 || extent1.IsUnwritten))
        {
            return extent1.Count;
        }

        FileExtent extent2 = second.At(start2, extent1.Count, out bool isHole2);
        long count = extent2.Count;
        if (isHole1 == isHole2 && extent1.Block == extent2.Block)
        {
            return count;
        }

        first.Unmap(start1, count);
        second.Unmap(start2, count);
        bool isGood = (isHole2 || first.TryMap(extent2 with { FileBlock = start1 })) && (isHole1 || second.TryMap(extent1 with { FileBlock = start2, Count = count }));
        return isGood ? count : throw Damaged(item, $"a file exchanges extents with itself from blocks {start1} and {start2} on", ExchangeFormat.Clause);
    }

    private bool IsRealTime(long number) => volume.Inodes.Read(number, new byte[volume.Geometry.InodeSize]).Flags.HasFlag(InodeFlags.RealTime);

    private void ChangeAttribute(LogItem item, FinishedWork finished)
    {
        if (item.Format.Length != AttributeFormat.Size)
        {
            throw Damaged(item, $"an intent of {item.Format.Length} bytes changes no attribute", AttributeFormat.Clause);
        }

        var format = new AttributeFormat(item.Format);
        switch (format.Operation)
        {
            case AttributeOperation.SetParent or AttributeOperation.RemoveParent or AttributeOperation.ReplaceParent:
                return;
            case AttributeOperation.Set or AttributeOperation.Remove or AttributeOperation.Replace:
                break;
            default:
                throw new UnsupportedFeatureException(
                    $"a log that leaves a change of an attribute unfinished, of kind {(uint)format.Operation} (-o norecovery leaves the log alone)", AttributeFormat.Clause);
        }

        const AttributeFlags Kinds = AttributeFlags.Root | AttributeFlags.Secure;
        uint valueLength = format.Operation == AttributeOperation.Remove ? 0 : format.ValueLength;
        if (!volume.Geometry.IsValidInode(format.Inode) || (format.Kind & ~Kinds) != 0
            || format.NameLength is 0 or > MaxName || item.Count <= NameRegion || item[NameRegion].Length < format.NameLength
            || valueLength > MaxValue || (valueLength > 0 && (item.Count <= ValueRegion || item[ValueRegion].Length < valueLength)))
        {
            throw Damaged(item, $"an intent changes an attribute of inode {format.Inode}, with a name of {format.NameLength} bytes, in {item.Count} regions", AttributeFormat.Clause);
        }

        byte[] name = item[NameRegion][..(int)format.NameLength].ToArray();
        byte[]? value = format.Operation == AttributeOperation.Remove ? null : valueLength == 0 ? [] : item[ValueRegion][..(int)valueLength].ToArray();
        finished.Add(format.Inode, new AttributeChange(format.Kind, name, value));
    }

    // The size and the number of blocks are the inode's own.
    private void Write(long number)
    {
        long more = (_forks.GetValueOrDefault((number, false))?.Blocks ?? 0) + (_forks.GetValueOrDefault((number, true))?.Blocks ?? 0);
        (long sector, long offset) = Math.DivRem(volume.Geometry.AddressOfInode(number), PatchedSectors.SectorSize);
        byte[] buffer = new byte[Math.Max(volume.Geometry.InodeSize, PatchedSectors.SectorSize)];
        sectors.Read(sector, buffer);
        Span<byte> inode = buffer.AsSpan((int)offset, volume.Geometry.InodeSize);
        ulong blocks = BinaryPrimitives.ReadUInt64BigEndian(inode[BlocksOffset..]);
        BinaryPrimitives.WriteUInt64BigEndian(inode[BlocksOffset..], unchecked(blocks + (ulong)more));
        BinaryPrimitives.WriteInt64BigEndian(inode[SizeOffset..], _sizes[number]);
        MetadataHeader.SealInode(inode, volume.Geometry);
        sectors.Write(sector, buffer);
    }
}
