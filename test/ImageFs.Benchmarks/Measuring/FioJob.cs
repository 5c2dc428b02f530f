namespace ImageFs.Benchmarks.Measuring;

/// <summary>What fio is to do with a file.</summary>
/// <param name="Access">How it reads.</param>
/// <param name="BlockSize">Bytes of one read.</param>
internal sealed record FioJob(Access Access, int BlockSize)
{
    /// <summary>Whether at random, each block once, and not from the start to the end.</summary>
    public bool IsRandom { get; init; }

    /// <summary>Processes that read at once, each a part of the file.</summary>
    public int Readers { get; init; } = 1;

    /// <summary>
    /// Seconds after which it ends. Until then the file is read again and again, dropped from the mount's page cache before each time.
    /// Null to read it once.
    /// </summary>
    public double? Seconds { get; init; } = 2;
}
