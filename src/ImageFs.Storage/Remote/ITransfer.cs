namespace ImageFs.Storage.Remote;

/// <summary>Shows how far something is that takes its time before an image can be opened. It is disposed of when that is done, or has failed.</summary>
public interface ITransfer : IDisposable
{
    /// <summary>So many bytes are there.</summary>
    void Reach(long bytes);
}

/// <summary>Shows nothing.</summary>
public sealed class SilentTransfer : ITransfer
{
    /// <summary>The only one.</summary>
    public static SilentTransfer Instance { get; } = new();

    private SilentTransfer()
    {
    }

    /// <inheritdoc/>
    public void Reach(long bytes)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
