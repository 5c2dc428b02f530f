namespace ImageFs.Fuzz.Running;

/// <summary>Ends the program when a mutant is used for too long: nothing else can end a loop.</summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>What the program exits with.</summary>
    public const int ExitCode = 3;

    private readonly Timer _timer;
    private readonly Lock _gate = new();
    private TimeSpan _began;
    private bool _isUsed;

    /// <param name="describe">Says which mutant it is.</param>
    public Watchdog(Func<Finding> describe) => _timer = new Timer(
        _ =>
        {
            lock (_gate)
            {
                if (_isUsed && Environment.CpuUsage.TotalTime - _began > Limits.Hang)
                {
                    Console.WriteLine($"FINDING {describe()}");
                    Environment.Exit(ExitCode);
                }
            }
        },
        null,
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(1));

    /// <summary>A mutant is used.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            (_began, _isUsed) = (Environment.CpuUsage.TotalTime, true);
        }
    }

    /// <summary>Processor time that it has taken.</summary>
    public TimeSpan Taken => Environment.CpuUsage.TotalTime - _began;

    /// <summary>It was used.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isUsed = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
