using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf;

/// <summary>UDF (ECMA-167, OSTA UDF 1.02 to 2.60).</summary>
internal sealed class UdfFormat : FileSystemFormat
{
    private const int DiscSectorSize = 2048;

    /// <inheritdoc/>
    public override string Name => "udf";

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        var options = new UdfOptions(OptionList.Parse(null), source);
        return Anchor.Find(source, options).Any() || Anchor.FindShift(source, options) > 0;
    }

    /// <inheritdoc/>
    public override bool ProbeAt(BlockSource source, OptionList options)
    {
        if (!options.Names.Any(name => name is "session" or "anchor"))
        {
            return false;
        }

        var udfOptions = new UdfOptions(options.Copy(), source);
        return Anchor.Find(source, udfOptions).Any();
    }

    /// <inheritdoc/>
    /// <remarks>A recognition sequence whose anchors are all gone.</remarks>
    public override bool Resembles(BlockSource source) =>
        RecognitionSequence.HasVolume(source, 0, 2048) || RecognitionSequence.HasVolume(source, 0, 4096);

    /// <inheritdoc/>
    public override bool IsOfDiscs => true;

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) =>
        FindEnd(new UdfVolume(source, new UdfOptions(new OptionList(), source), ForLook()));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        var udfOptions = new UdfOptions(context.Options, source);
        BlockSource disc = Place(source, udfOptions);
        var volume = new UdfVolume(disc, udfOptions, context);
        VolumeLength.WarnIfCut(disc, FindEnd(volume), context.Warn);
        return FilmFileSystem.Apply(new UdfFileSystem(volume), source);
    }

    // A later session that is an image of its own has the addresses of its disc.
    private static BlockSource Place(BlockSource source, UdfOptions options)
    {
        long shift = options.Shift * (long)DiscSectorSize ?? (Anchor.Find(source, options).Any() ? 0 : Anchor.FindShift(source, options));
        if (shift == 0)
        {
            return source;
        }

        options.MoveTo((uint)(shift / DiscSectorSize));
        return new SessionSource(source, shift);
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
