namespace ImageFs.MountTests.Support;

/// <summary>Limits of time: bounds against hanging, far beyond what a machine under any load takes. Nothing is measured by them.</summary>
internal static class Limits
{
    /// <summary>Of a test, in milliseconds.</summary>
    public const int Test = 900_000;

    /// <summary>Of a command in a script, in seconds, as timeout(1) has it.</summary>
    public const string Script = "300";

    /// <summary>Of a program that a test runs.</summary>
    public static readonly TimeSpan Tool = TimeSpan.FromMinutes(5);

    /// <summary>Of something that comes soon.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);
}
