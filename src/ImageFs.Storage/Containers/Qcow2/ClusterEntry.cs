namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>An entry of an L2 table (qcow2: Cluster mapping).</summary>
/// <param name="Address">Where the entry is in the file.</param>
/// <param name="Descriptor">Its first word.</param>
/// <param name="Subclusters">The bitmap of an extended entry: 32 bits of what is allocated, 32 of what is zeros; 0 otherwise.</param>
internal readonly record struct ClusterEntry(long Address, ulong Descriptor, ulong Subclusters)
{
    private const ulong Copied = 1UL << 63;
    private const ulong Compressed = 1UL << 62;
    private const ulong Zero = 1;
    private const ulong OffsetMask = 0x00FF_FFFF_FFFF_FE00;
    private const int SectorSize = 512;

    public bool IsCompressed => (Descriptor & Compressed) != 0;

    /// <summary>Whether all of the cluster reads as zeros; a bit of entries that are not extended.</summary>
    public bool IsZero => (Descriptor & Zero) != 0;

    /// <summary>Where the cluster is.</summary>
    public long HostOffset => (long)(Descriptor & OffsetMask);

    /// <summary>Whether there is a cluster; one at 0 can only be in a data file, and is marked.</summary>
    public bool IsAllocated(bool isInDataFile) => HostOffset != 0 || (isInDataFile && (Descriptor & Copied) != 0);

    /// <summary>Where the bytes of a compressed cluster are: its length reaches to the end of a sector, and may be too much.</summary>
    public (long Address, int Length) CompressedPlace(int clusterBits)
    {
        int lengthBits = clusterBits - 8;
        int offsetBits = 62 - lengthBits;
        long address = (long)(Descriptor & ((1UL << offsetBits) - 1));
        int sectors = (int)((Descriptor >> offsetBits) & ((1UL << lengthBits) - 1)) + 1;
        return (address, (sectors * SectorSize) - (int)(address & (SectorSize - 1)));
    }

    /// <summary>Whether a subcluster, by its number, is allocated.</summary>
    public bool HasSubcluster(int number) => (Subclusters & (1UL << number)) != 0;

    /// <summary>Whether a subcluster, by its number, reads as zeros.</summary>
    public bool IsZeroSubcluster(int number) => (Subclusters & (1UL << (32 + number))) != 0;
}
