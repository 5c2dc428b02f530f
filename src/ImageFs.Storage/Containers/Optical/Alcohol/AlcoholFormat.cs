using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical.Alcohol;

/// <summary>A disc as Alcohol 120% keeps it: <c>.mds</c>, a descriptor, and <c>.mdf</c>, its sectors, in one file or several.</summary>
public sealed class AlcoholFormat : ContainerFormat
{
    private const int VersionField = 16;

    private static ReadOnlySpan<byte> Signature => "MEDIA DESCRIPTOR"u8;

    /// <inheritdoc/>
    public override string Name => "mds";

    /// <inheritdoc/>
    public override string Title => "a disc of Alcohol 120%";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, Signature.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".mds"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Encoding, DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => file.Head.Length > VersionField && file.Head.StartsWith(Signature);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        if (file.Head.Length <= VersionField)
        {
            throw new TruncatedImageException(VersionField, file.Head.Length);
        }

        byte version = file.Head[VersionField];
        return version == 1
            ? new AlcoholLayout(file, context).Make()
            : throw new UnsupportedFeatureException($"version {version} of the media descriptor, which is encrypted, in {file.Name}");
    }
}
