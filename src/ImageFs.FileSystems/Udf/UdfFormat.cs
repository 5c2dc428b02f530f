using ImageFs.FileSystems.Udf.Partitions;
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
    protected override FileSystem OpenVolume(BlockSource source, MountOptions options, Action<string> warn)
    {
        var volume = new UdfVolume(source, new UdfOptions(options, source), warn);
        VolumeLength.WarnIfCut(source, FindEnd(volume), warn);
        return new UdfFileSystem(volume);
    }

    // A partition that is written once, block after block, has its whole medium's length before it is full.
    private static long FindEnd(UdfVolume volume) =>
        volume.Maps.Any(map => map.Kind == PartitionKind.Virtual) ? 0 : volume.Maps.Max(map => FindEnd(volume, map));

    private static long FindEnd(UdfVolume volume, PartitionMap map)
    {
        PartitionDescriptor partition = volume.Descriptors.FindPartition(map.Number);
        return ((long)partition.StartingLocation + partition.PartitionLength) * volume.BlockSize;
    }
}
