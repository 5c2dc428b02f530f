namespace ImageFs.Storage.Volumes;

/// <summary>What is known of the sectors of a disk, which its partition table counts in.</summary>
/// <param name="Stated">Bytes of a sector, where the user says so (<c>sector-size=</c>).</param>
/// <param name="Own">Bytes of a sector, where the device or the container has a size of its own.</param>
public sealed record SectorSizes(int? Stated = null, int? Own = null)
{
    /// <summary>What sectors of disks have been, the most likely first.</summary>
    public static IReadOnlyList<int> All { get; } = [512, 4096, 2048, 1024];

    /// <summary>Whether something known begins where a partition does: with it, a table tells its unit by what it points at.</summary>
    public Func<BlockSource, bool> IsVolume { get; init; } = static _ => false;

    /// <summary>What is most likely.</summary>
    internal int Usual => Stated ?? Own ?? All[0];

    /// <summary>The sizes to be tried, the most likely first.</summary>
    internal IEnumerable<int> Candidates => Stated is { } stated ? [stated] : All.OrderBy(size => size != Usual);

    /// <summary>Takes the size that the user states.</summary>
    /// <param name="options">Mount options.</param>
    /// <exception cref="OptionException">It is none of <see cref="All"/>.</exception>
    public static int? TakeStated(OptionList options) => options.TakeNumber("sector-size") is not { } size
        ? null
        : All.Contains((int)Math.Min(size, int.MaxValue))
            ? (int)size
            : throw new OptionException($"sector-size={size}", "must be 512, 1024, 2048 or 4096");
}
