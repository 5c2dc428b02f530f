using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Cdrdao;

/// <summary>A disc by a TOC file of cdrdao and the files that it names.</summary>
public sealed class TocFormat : ContainerFormat
{
    /// <inheritdoc/>
    public override string Name => "toc";

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => SheetText.FindHead(file) is { } head && TocWords.IsRecognised(head);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var text = SheetText.Read(file, context.Options);
        return new TocLayout(new SheetFiles(file, text.ReadingsOf), new TocWords(text.Text), context).Make();
    }
}
