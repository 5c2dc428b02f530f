using ImageFs.Storage.Containers.Optical.Sheets;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>A disc by a cue sheet: <c>.cue</c> and the files that it names.</summary>
public sealed class CueFormat : ContainerFormat
{
    /// <inheritdoc/>
    public override string Name => "cue";

    /// <inheritdoc/>
    public override string Title => "a disc by a cue sheet";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".cue"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Encoding, DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => SheetText.FindHead(file) is { } head && CueSheet.IsRecognised(head);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var text = SheetText.Read(file, context.Options);
        return new CueLayout(new SheetFiles(file, text.ReadingsOf), CueSheet.Parse(text.Text), context).Make();
    }
}
