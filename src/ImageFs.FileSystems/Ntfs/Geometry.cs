namespace ImageFs.FileSystems.Ntfs;

/// <summary>The sizes of a volume, from a boot sector that was found good.</summary>
internal sealed class Geometry
{
    /// <param name="boot">The boot sector.</param>
    public Geometry(BootSector boot)
    {
        SectorSize = boot.SectorSize;
        ClusterSize = (int)boot.ClusterSize;
        RecordSize = (int)boot.RecordSize;
        IndexRecordSize = (int)boot.IndexRecordSize;
        Length = (long)boot.SectorCount * SectorSize;
        ClusterCount = Length / ClusterSize;
        TableAddress = (long)boot.TableCluster * ClusterSize;
        MirrorAddress = (long)boot.MirrorCluster * ClusterSize;
        SerialNumber = boot.SerialNumber;
    }

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize { get; }

    /// <summary>Bytes of a cluster: a power of two up to 2 MiB.</summary>
    public int ClusterSize { get; }

    /// <summary>Bytes of a file record.</summary>
    public int RecordSize { get; }

    /// <summary>Bytes of an index record, where an index does not say.</summary>
    public int IndexRecordSize { get; }

    /// <summary>Bytes of the volume, without the sector that has the copy of the boot sector.</summary>
    public long Length { get; }

    /// <summary>Clusters of the volume.</summary>
    public long ClusterCount { get; }

    /// <summary>Where the master file table begins.</summary>
    public long TableAddress { get; }

    /// <summary>Where the copy of its first records begins.</summary>
    public long MirrorAddress { get; }

    /// <summary>The volume's serial number.</summary>
    public ulong SerialNumber { get; }
}
