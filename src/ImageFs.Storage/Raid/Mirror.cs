namespace ImageFs.Storage.Raid;

/// <summary>RAID 1: each member has all.</summary>
/// <param name="members">How many there are.</param>
/// <param name="length">Length in bytes.</param>
internal sealed class Mirror(int members, long length) : IRaidLayout
{
    /// <inheritdoc/>
    public long Length => length;

    /// <inheritdoc/>
    public int Copies => members;

    /// <inheritdoc/>
    public RaidPlace PlaceOf(long offset, int copy) => new(copy, offset, length - offset);
}
