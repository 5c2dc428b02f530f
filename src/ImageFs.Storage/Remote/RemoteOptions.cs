namespace ImageFs.Storage.Remote;

/// <summary>How images are read that are not on this machine.</summary>
/// <param name="KeepsData">Whether what was read is kept in a file (<c>cache=shared</c>); else the mount's page cache alone has it.</param>
/// <param name="RetryTime">How long a server that does not answer is tried again before a reader gets an error.</param>
public sealed record RemoteOptions(bool KeepsData, TimeSpan RetryTime)
{
    private const string RetryOption = "retry-time";
    private const uint MaxRetrySeconds = 24 * 60 * 60;

    /// <summary>What holds unless the options say otherwise.</summary>
    public static RemoteOptions Usual { get; } = new(KeepsData: true, TimeSpan.FromSeconds(30));

    /// <summary>Takes the options; <c>cache=</c> is left for who serves the mount.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public static RemoteOptions Take(OptionList options)
    {
        string? cache = options.Copy().TryTake("cache", out string? value) ? value : null;
        uint? seconds = options.TakeNumber(RetryOption, max: MaxRetrySeconds);
        return Usual with
        {
            KeepsData = cache is not ("once" or "none"),
            RetryTime = seconds is { } number ? TimeSpan.FromSeconds(number) : Usual.RetryTime,
        };
    }
}
