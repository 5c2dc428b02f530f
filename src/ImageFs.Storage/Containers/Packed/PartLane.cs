namespace ImageFs.Storage.Containers.Packed;

/// <summary>A part of a packed file that was begun: how far it is decoded. Who has it to itself moves it on.</summary>
/// <param name="index">The part's number.</param>
/// <param name="part">The part.</param>
internal sealed class PartLane(int index, PackedPart part) : IDisposable
{
    /// <summary>The part's number.</summary>
    public int Index => index;

    /// <summary>The part.</summary>
    public PackedPart Part => part;

    /// <summary>The byte that comes next, decoded.</summary>
    public long Position { get; set; } = part.Offset;

    /// <summary>Whether somebody has it to himself.</summary>
    public bool IsBusy { get; set; }

    /// <summary>When it was let go of last.</summary>
    public long LastUsed { get; set; }

    /// <summary>Decodes it, once it was begun.</summary>
    public PartReader? Reader { get; set; }

    /// <inheritdoc/>
    public void Dispose() => Reader?.Dispose();
}
