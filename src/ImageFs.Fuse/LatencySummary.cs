namespace ImageFs.Fuse;

/// <summary>How long requests took, from the moment they were received to that of the reply. Times are upper bounds, right to an eighth.</summary>
/// <param name="Count">Requests.</param>
/// <param name="Median">Half of them took no longer.</param>
/// <param name="Percentile90">Nine of ten took no longer.</param>
/// <param name="Percentile99">Ninety-nine of a hundred took no longer.</param>
/// <param name="Longest">None took longer.</param>
public sealed record LatencySummary(long Count, TimeSpan Median, TimeSpan Percentile90, TimeSpan Percentile99, TimeSpan Longest);
