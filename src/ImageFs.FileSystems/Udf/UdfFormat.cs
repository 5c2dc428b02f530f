using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf;

/// <summary>UDF (ECMA-167, OSTA UDF 1.02 to 2.60).</summary>
internal sealed class UdfFormat : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => "udf";

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) => Anchor.Find(source, new UdfOptions(MountOptions.Parse(null), source)).Any();

    /// <inheritdoc/>
    /// <remarks>A recognition sequence whose anchors are all gone.</remarks>
    public override bool Resembles(BlockSource source) =>
        RecognitionSequence.HasVolume(source, 0, 2048) || RecognitionSequence.HasVolume(source, 0, 4096);

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, MountOptions options, Action<string> warn) =>
        new UdfFileSystem(new UdfVolume(source, new UdfOptions(options, source), warn));
}
