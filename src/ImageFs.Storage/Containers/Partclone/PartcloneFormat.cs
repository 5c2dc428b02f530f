using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Partclone;

/// <summary>Images of partclone, which Clonezilla and Rescuezilla keep volumes in: versions 0001 and 0002.</summary>
internal sealed class PartcloneFormat : ContainerFormat
{
    internal const string FormatName = "partclone";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "an image of partclone (Clonezilla, Rescuezilla)";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, PartcloneHeader.Magic)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".pcl"];

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context) => new PartcloneDisk(file.Source, context);
}
