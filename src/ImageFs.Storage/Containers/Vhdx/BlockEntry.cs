namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>An entry of the block allocation table (MS-VHDX 2.5.1).</summary>
/// <param name="Address">Where the entry is in the file.</param>
/// <param name="Value">Its bits.</param>
internal readonly record struct BlockEntry(long Address, ulong Value)
{
    /// <summary>What there is to the block.</summary>
    public int State => (int)(Value & 7);

    /// <summary>Where the block is: a number of MiB.</summary>
    public long FileOffset => (long)(Value >> 20 << 20 & long.MaxValue);
}
