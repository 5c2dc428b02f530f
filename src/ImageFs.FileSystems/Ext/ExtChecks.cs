using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ext;

/// <summary>What can be checked of an ext file system beside its files.</summary>
/// <param name="volume">The file system.</param>
/// <param name="superBlock">Its super block.</param>
internal sealed class ExtChecks(ExtVolume volume, byte[] superBlock)
{
    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        new Check("super block", CheckState),
        new Check("group descriptors", CheckGroups),
        new Check("reserved inodes", CheckReservedInodes),
        new Check("bitmaps and free counts"),
        new Check("link counts"),
        .. volume.Geometry.HasMetadataChecksums ? (Check[])[] : [new Check("metadata checksums", run => run.GiveUp("the file system has none"))],
    ];

    private Geometry Geometry => volume.Geometry;

    // Its checksum was checked when the volume was opened.
    private void CheckState(CheckRun run)
    {
        SuperBlockState state = new SuperBlock(superBlock).State;
        if (state.HasFlag(SuperBlockState.Errors))
        {
            run.Find("super block", SuperBlock.Address, "Linux has found errors, and they were not mended", "ext4: Super Block");
        }
    }

    private void CheckGroups(CheckRun run)
    {
        run.Extent = Geometry.GroupsCount.ToString(CultureInfo.InvariantCulture);
        for (uint group = 0; group < Geometry.GroupsCount; group++)
        {
            uint number = group;
            run.Try(() => volume.Descriptors.FindInodeTable(number));
        }
    }

    // Those that no directory leads to: the journal, the resize inode, the boot loader. Of the others only those in the tree are surely
    // in use: the table of a group may never have been written.
    private void CheckReservedInodes(CheckRun run)
    {
        byte[] buffer = new byte[Geometry.InodeSize];
        int inUse = 0;
        for (uint number = 1; number < Math.Min(Geometry.FirstInode, Geometry.InodesCount); number++)
        {
            uint inode = number;
            run.Try(() =>
            {
                if (volume.Inodes.IsInUse(inode, buffer))
                {
                    inUse++;
                    volume.Inodes.Read(inode, buffer);
                }
            });
        }

        run.Extent = inUse.ToString(CultureInfo.InvariantCulture);
    }
}
