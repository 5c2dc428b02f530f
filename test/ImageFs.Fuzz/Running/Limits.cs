namespace ImageFs.Fuzz.Running;

/// <summary>What one mutant may cost.</summary>
internal static class Limits
{
    /// <summary>Processor time that using it may take.</summary>
    public static TimeSpan Time { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Processor time after which the run is ended: it may never end by itself.</summary>
    public static TimeSpan Hang { get; } = TimeSpan.FromSeconds(30);
}
