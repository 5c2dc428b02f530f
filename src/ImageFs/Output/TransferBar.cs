using ImageFs.Storage.Remote;

namespace ImageFs.Output;

/// <summary>Shows on the terminal how much of an image is fetched.</summary>
internal sealed class TransferBar : ITransfer
{
    private readonly ProgressBar _bar;
    private long _reached;

    private TransferBar(ProgressBar bar) => _bar = bar;

    /// <summary>Begins.</summary>
    /// <param name="total">Bytes that there are; 0 where nobody knows.</param>
    /// <param name="hasTerminal">Whether standard error comes to a terminal though it is none itself.</param>
    internal static TransferBar Show(long total, bool hasTerminal = false) => new(new ProgressBar(() => total, hasTerminal));

    /// <inheritdoc/>
    public void Reach(long bytes)
    {
        _bar.Add(bytes - _reached);
        _reached = bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _bar.Dispose();
}
