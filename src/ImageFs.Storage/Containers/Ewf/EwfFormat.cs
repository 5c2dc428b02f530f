using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>Forensic images of EnCase, FTK Imager and SMART: the Expert Witness Compression Format, in one file or several.</summary>
internal sealed class EwfFormat : ContainerFormat
{
    internal const string FormatName = "ewf";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["e01"];

    /// <inheritdoc/>
    public override string Title => "a forensic image (E01: EnCase, FTK Imager; SMART), also in segments";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, SegmentHeader.Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".e01", ".s01"];

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context) =>
        new EwfDisk(EwfReader.Read(file, context), context.Memory.Decoded.ForOwner());
}
