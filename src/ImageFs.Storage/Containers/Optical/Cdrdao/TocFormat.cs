using ImageFs.Storage.Containers.Optical.Sheets;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical.Cdrdao;

/// <summary>A disc by a TOC file of cdrdao and the files that it names.</summary>
public sealed class TocFormat : ContainerFormat
{
    /// <inheritdoc/>
    public override string Name => "toc";

    /// <inheritdoc/>
    public override string Title => "a disc of cdrdao";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".toc"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Encoding, DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => SheetText.FindHead(file) is { } head && TocWords.IsRecognised(head);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var text = SheetText.Read(file, context.Options);
        return new TocLayout(new SheetFiles(file, text.ReadingsOf), new TocWords(text.Text), context).Make();
    }
}
