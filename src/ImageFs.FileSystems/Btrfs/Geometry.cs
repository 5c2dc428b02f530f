namespace ImageFs.FileSystems.Btrfs;

/// <summary>What of the super block everybody needs who reads a tree.</summary>
/// <param name="NodeSize">nodesize: bytes of a node of a tree.</param>
/// <param name="SectorSize">sectorsize: the unit of data, in bytes.</param>
/// <param name="Checksum">csum_type.</param>
/// <param name="MetadataId">The UUID that nodes have: metadata_uuid where the file system has one, else fsid; the first byte is the highest.</param>
internal sealed record Geometry(int NodeSize, int SectorSize, Checksum Checksum, UInt128 MetadataId)
{
    /// <summary>The UUIDs of nodes that were written before the file system grew from its seeds.</summary>
    public IReadOnlyList<UInt128> SeedIds { get; init; } = [];

    /// <summary>Whether a node may have a wrong checksum, where no copy is better (rescue=ignoremetacsums).</summary>
    public bool IgnoresChecksums { get; init; }

    /// <summary>Whether a node that has a UUID is of this file system.</summary>
    public bool IsOwn(UInt128 id) => id == MetadataId || SeedIds.Contains(id);
}
