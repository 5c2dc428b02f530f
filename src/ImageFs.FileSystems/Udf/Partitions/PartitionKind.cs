namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>How the blocks of a partition are found.</summary>
internal enum PartitionKind : byte
{
    /// <summary>They follow one another in the volume (ECMA-167 3/10.7.2).</summary>
    Physical,

    /// <summary>A table at the end of what was recorded has each (UDF 2.2.8).</summary>
    Virtual,

    /// <summary>They follow one another, but for packets that were moved off bad sectors (UDF 2.2.9).</summary>
    Sparable,

    /// <summary>They are a file's, which there may be two of (UDF 2.2.10).</summary>
    Metadata,
}
