namespace ImageFs.Tree;

/// <summary>A point in time as stat(2) has it.</summary>
/// <param name="Seconds">Seconds since 1970-01-01 00:00:00 UTC; negative before.</param>
/// <param name="Nanoseconds">0 to 999,999,999, counted forward from <paramref name="Seconds"/>.</param>
public readonly record struct Timestamp(long Seconds, uint Nanoseconds = 0);
