using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>Android's sparse images, version 1.0, also in several files.</summary>
internal sealed class AndroidSparseFormat : ContainerFormat
{
    internal const string FormatName = "android-sparse";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["simg"];

    /// <inheritdoc/>
    public override string Title => "Android's sparse images, also in several files";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, SparseHeader.Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".simg", ".img"];

    /// <inheritdoc/>
    /// <remarks>The parts of one image are all opened, whichever of them is named: what one does not have, another may.</remarks>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var named = new SparseFile(file.Source, file.Name);
        if (SparsePartName.Of(file.Name) is { } name)
        {
            try
            {
                return new AndroidSparseDisk(OpenParts(file, named, name), context.Warn);
            }
            catch (ImageException e) when (!name.IsSure)
            {
                context.Warn($"{e.Message}: {file.Name} is taken for an image by itself");
            }
        }

        return new AndroidSparseDisk([named], context.Warn);
    }

    private static List<SparseFile> OpenParts(ImageFile file, SparseFile named, SparsePartName name)
    {
        var parts = new List<SparseFile>();
        foreach (SparsePartName part in name.FindAll(file.Folder))
        {
            SparseFile opened = part == name ? named : new SparseFile(file.OpenBeside($"{part}", "part").Source, $"{part}");
            if (opened.BlockSize != named.BlockSize || opened.Length != named.Length)
            {
                throw new InvalidImageException(
                    "android-sparse header",
                    12,
                    $"{part} is of a disk of {opened.Length} bytes in blocks of {opened.BlockSize}, and {name} of one of {named.Length} in blocks of {named.BlockSize}: they are not parts of one",
                    SparseFile.Clause);
            }

            parts.Add(opened);
        }

        return parts;
    }
}
