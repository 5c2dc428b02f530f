namespace ImageFs.Storage.Remote.Nbd;

/// <summary>A request that is under way on a connection.</summary>
internal sealed class NbdRequest : IDisposable
{
    private readonly SemaphoreSlim _turn = new(0);

    /// <summary>What is asked for.</summary>
    public NbdCommand Command { get; set; }

    /// <summary>By what its reply is known.</summary>
    public ulong Cookie { get; set; }

    /// <summary>Where the bytes begin.</summary>
    public long Offset { get; set; }

    /// <summary>How many there are.</summary>
    public int Length { get; set; }

    /// <summary>The header of its reply that another thread came upon; its payload is still to be received.</summary>
    public NbdReplyHeader? Header { get; set; }

    /// <summary>Waits until it is this request's turn to receive.</summary>
    public void Wait() => _turn.Wait();

    /// <summary>Gives it the turn.</summary>
    public void Wake() => _turn.Release();

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}

/// <summary>The header of a reply, or of a chunk of one.</summary>
/// <param name="Cookie">The request that it answers.</param>
/// <param name="Error">The server's error; 0 for none. Of a simple reply only.</param>
/// <param name="Chunk">What follows; null for a simple reply.</param>
/// <param name="IsLast">Whether no other chunk comes.</param>
/// <param name="Length">Bytes that follow; of a simple reply the request says it.</param>
internal readonly record struct NbdReplyHeader(ulong Cookie, uint Error, NbdChunk? Chunk, bool IsLast, uint Length);
