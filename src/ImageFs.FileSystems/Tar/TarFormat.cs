using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Tar;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Tar;

/// <summary>Archives of tar: of UNIX V7, ustar, GNU tar's and pax's.</summary>
internal sealed class TarFormat : FileSystemFormat
{
    internal const string FormatName = "tar";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "an archive of tar";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(TarReader.MagicOffset, TarReader.Magic)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".tar"];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        var window = ProbeWindow.Over(source);
        return TarReader.Begins(window) && ProbeByReading(() => new TarReader(window.View).Read(0) is not null);
    }

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source) => HasMarks(ProbeWindow.Over(source));

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) => new(Name);

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) =>
        new TarFileSystem(new TarTree(source, context.Memory.Indexes.MaxBytesOfLatest, context.Warn));

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => source.Length;
}
