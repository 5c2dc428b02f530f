using System.Buffers.Binary;
using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>What can be checked of an XFS file system beside its files.</summary>
/// <param name="volume">The file system.</param>
internal sealed class XfsChecks(XfsVolume volume)
{
    private readonly SpaceCheck _space = new(volume);
    private (long Inodes, long FreeInodes, long FreeBlocks)? _counted;

    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        new Check("super blocks", CheckSuperBlocks),
        new Check("allocation groups", CheckGroups),
        new Check("counters", CheckCounters),
        new Check("inodes and their attributes", CheckInodes),
        new Check("free and lost blocks", _space.CheckSpace),
        .. volume.Geometry.HasSharedExtents ? [new Check("reference counts", _space.CheckSharing)] : (Check[])[],
        .. volume.Geometry.HasReverseMap ? [new Check("reverse mappings", _space.CheckOwners)] : (Check[])[],
        new Check("directories and link counts", new LinkCheck(volume).Run),
        .. volume.Geometry.HasChecksums ? (Check[])[] : [new Check("metadata checksums", run => run.GiveUp("the file system has none"))],
        .. volume.Geometry.RealTimeBlocks > 0 ? [new Check("real-time bitmap and summary")] : (Check[])[],
        .. volume.Geometry.HasQuotas ? [new Check("quotas")] : (Check[])[],
        .. volume.Geometry.HasParentPointers ? [new Check("pointers to parents")] : (Check[])[],
    ];

    // Each group begins with a copy; what is counted there was true when it was made.
    private void CheckSuperBlocks(CheckRun run)
    {
        run.Extent = volume.Geometry.GroupCount.ToString(CultureInfo.InvariantCulture);
        byte[] first = new byte[volume.Geometry.SectorSize];
        byte[] copy = new byte[volume.Geometry.SectorSize];
        volume.Source.ReadAt(0, first);
        for (uint group = 1; group < volume.Geometry.GroupCount; group++)
        {
            uint number = group;
            run.Try(() =>
            {
                long address = volume.Geometry.AddressOfGroup(number);
                volume.Source.ReadAt(address, copy);
                string name = $"super block of group {number}";
                if (SuperBlockCopy.FindDifference(first, copy) is { } difference)
                {
                    run.Find(name, address, $"its {difference} is not that of the first", "xfs_dsb");
                }
                else if (volume.Geometry.HasChecksums && new SuperBlock(copy).Checksum != new SuperBlock(copy).ActualChecksum)
                {
                    run.Find(name, address, "its checksum is wrong", SuperBlock.Clause);
                }
            });
        }
    }

    private void CheckGroups(CheckRun run)
    {
        run.Extent = volume.Geometry.GroupCount.ToString(CultureInfo.InvariantCulture);
        (long Inodes, long FreeInodes, long FreeBlocks) counted = default;
        bool isWhole = true;
        for (uint group = 0; group < volume.Geometry.GroupCount; group++)
        {
            uint number = group;
            isWhole &= run.Try(() =>
            {
                var check = new GroupCheck(volume, number);
                check.Run();
                counted = (counted.Inodes + check.Inodes, counted.FreeInodes + check.FreeInodes, counted.FreeBlocks + check.FreeBlocks);
            });
        }

        _counted = isWhole ? counted : null;
    }

    // Linux counts anew when it recovers a log: what is in the super block was true before.
    private void CheckCounters(CheckRun run)
    {
        if (volume.IsRecovered)
        {
            run.GiveUp("they are counted anew when the log is recovered");
        }
        else if (_counted is not { } counted)
        {
            run.GiveUp("groups are damaged");
        }
        else
        {
            Compare("inodes", volume.Counters.Inodes, counted.Inodes);
            Compare("free inodes", volume.Counters.FreeInodes, counted.FreeInodes);
            if (volume.Geometry.CountsTreeBlocks)
            {
                Compare("free blocks", volume.Counters.FreeBlocks, counted.FreeBlocks);
            }
        }

        void Compare(string what, long stated, long found)
        {
            if (stated != found)
            {
                run.Find("super block", 0, $"it counts {stated} {what}, and the groups {found}", "xfs_dsb");
            }
        }
    }

    private void CheckInodes(CheckRun run)
    {
        long count = 0;
        byte[] bytes = new byte[volume.Geometry.InodeSize];
        var scan = new InodeScan(volume)
        {
            TakeFree = number => run.Try(() =>
            {
                long address = volume.Geometry.AddressOfInode(number);
                volume.Source.ReadAt(address, bytes);
                if (BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2)) != 0)
                {
                    run.Find($"inode {number}", address, "it is in use, and inobt has it as free", "xfs_inobt_rec");
                }
            }),
        };
        scan.Run(
            inode =>
            {
                count++;
                new AttributeCheck(volume, inode).Run();
            },
            run);
        run.Extent = count.ToString(CultureInfo.InvariantCulture);
    }
}
