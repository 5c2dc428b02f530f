namespace ImageFs.FileSystems.Iso9660;

/// <summary>A file section: what one directory record tells of (ECMA-119 6.5). All values but the last are bytes.</summary>
/// <param name="Address">Where its data begin.</param>
/// <param name="Length">Its data.</param>
/// <param name="FileUnitSize">Data between two gaps; 0 when it is not interleaved.</param>
/// <param name="InterleaveGapSize">Bytes of others between its file units.</param>
/// <param name="VolumeSequenceNumber">The volume of the volume set that it is on.</param>
internal readonly record struct FileSection(
    long Address, long Length, long FileUnitSize, long InterleaveGapSize, ushort VolumeSequenceNumber)
{
    /// <summary>Whether its data lie in several pieces.</summary>
    public bool IsInterleaved => FileUnitSize > 0 && InterleaveGapSize > 0 && Length > FileUnitSize;
}
