using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Xz;

/// <summary>Files of xz (The .xz File Format 1.2): streams, each of blocks that an index at its end tells.</summary>
internal sealed class XzFormat : PackedFormat
{
    /// <summary>The format's name.</summary>
    public const string FormatName = "xz";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "files compressed by xz or pixz";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, XzFraming.Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".xz"];

    /// <inheritdoc/>
    protected override string Library => Linux.Xz.Library;

    /// <inheritdoc/>
    protected override Packing FindParts(ImageFile file, PackedParts parts, Measuring measuring, OpenContext context)
    {
        List<XzStreamIndex> streams = XzStreamIndex.ReadAll(file.Source);
        foreach (XzStreamIndex stream in streams)
        {
            stream.AddBlocks(parts);
        }

        return new XzPacking(file.Source, streams);
    }
}
