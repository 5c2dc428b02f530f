namespace ImageFs.Benchmarks.Measuring;

/// <summary>How a file is read.</summary>
internal enum Access
{
    /// <summary>read(2) through the mount's page cache.</summary>
    Buffered,

    /// <summary>read(2) with O_DIRECT.</summary>
    Direct,

    /// <summary>A mapping of the file.</summary>
    Mapped,
}
