namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>An inode that a check has at hand: its bytes, and what they are.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Address">Where it is in the volume.</param>
/// <param name="Bytes">The inode; they are another's when the next one is read.</param>
internal readonly record struct HeldInode(long Number, long Address, byte[] Bytes)
{
    /// <summary>The inode.</summary>
    public Inode Open() => new(Bytes, Number, Address);

    /// <summary>Goes through the extents of a fork; there are none where it has its contents itself.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="isAttributes">Which fork.</param>
    /// <param name="take">Called with each extent.</param>
    /// <param name="takeTreeBlock">Called with the number of each block of their tree.</param>
    /// <exception cref="Storage.ImageException">The fork is damaged.</exception>
    public void VisitFork(XfsVolume volume, bool isAttributes, ForkMap.ExtentTaker take, Action<long>? takeTreeBlock = null)
    {
        Inode inode = Open();
        if (inode.FormatOf(isAttributes) is ForkFormat.Extents or ForkFormat.Tree)
        {
            new ForkMap(volume, inode, isAttributes).Visit(take, takeTreeBlock);
        }
    }
}
