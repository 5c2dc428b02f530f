using System.Diagnostics;

namespace ImageFs.Fuzz.Running;

/// <summary>Ends the program when a mutant is used for too long: nothing else can end a loop.</summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>What the program exits with.</summary>
    public const int ExitCode = 3;

    private readonly Timer _timer;
    private long _began;

    /// <param name="describe">Says which mutant it is.</param>
    public Watchdog(Func<Finding> describe) => _timer = new Timer(
        _ =>
        {
            long began = Volatile.Read(ref _began);
            if (began != 0 && Stopwatch.GetElapsedTime(began) > Limits.Hang)
            {
                Console.WriteLine($"FINDING {describe()}");
                Environment.Exit(ExitCode);
            }
        },
        null,
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(1));

    /// <summary>A mutant is used.</summary>
    public void Begin() => Volatile.Write(ref _began, Stopwatch.GetTimestamp());

    /// <summary>It was used.</summary>
    public void End() => Volatile.Write(ref _began, 0);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
