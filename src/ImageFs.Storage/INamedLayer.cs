namespace ImageFs.Storage;

/// <summary>A source that has a name of its own, for who is told where bytes lie.</summary>
public interface INamedLayer
{
    /// <summary>Its name: "vg/root", "array".</summary>
    string LayerName { get; }

    /// <summary>Bytes that it has. One whose addresses are more than its bytes has fewer than its length.</summary>
    long ByteCount => long.MaxValue;

    /// <summary>What bytes are that the source itself answers for (<see cref="ExtentKind.Own"/>).</summary>
    /// <param name="offset">Where they begin in it.</param>
    /// <exception cref="ImageException">What tells is damaged.</exception>
    OwnBytes OwnAt(long offset) => OwnBytes.Inline;
}

/// <summary>A source under a name.</summary>
/// <param name="below">The source, all of it.</param>
/// <param name="name">The name.</param>
internal sealed class NamedSource(BlockSource below, string name) : BlockSource, INamedLayer
{
    private readonly BlockSource _below = below;

    /// <inheritdoc/>
    public string LayerName => name;

    /// <inheritdoc/>
    public override long Length => _below.Length;

    /// <inheritdoc/>
    public override ICapability? Find(Type capability) => _below.Find(capability);

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _below;
        return Extent.Mapped(offset, Math.Min(maxLength, Length - offset), offset);
    }
}
