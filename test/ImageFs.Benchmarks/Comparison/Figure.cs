namespace ImageFs.Benchmarks.Comparison;

/// <summary>Something that is measured of each peer.</summary>
/// <param name="Name">Its name for BENCH_ONLY.</param>
/// <param name="Title">What the tables call it.</param>
/// <param name="Unit">What it is counted in.</param>
/// <param name="Better">Whether more or less of it is better.</param>
internal sealed record Figure(string Name, string Title, string Unit, Better Better);
