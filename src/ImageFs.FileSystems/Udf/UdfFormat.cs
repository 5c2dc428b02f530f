using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Udf;

/// <summary>UDF (ECMA-167, OSTA UDF 1.02 to 2.60).</summary>
internal sealed class UdfFormat : FileSystemFormat
{
    private const int DiscSectorSize = 2048;

    /// <inheritdoc/>
    public override string Name => "udf";

    /// <inheritdoc/>
    public override string Title => "UDF 1.02 to 2.60";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0x8001, "NSR02") { Places = 64, Step = 2048 }, new(0x8001, "NSR03") { Places = 64, Step = 2048 }];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".udf", ".iso"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        new("uid=USER", "owner (default: the image's)"),
        new("gid=GROUP", "group (default: the image's)"),
        new("umask=OCTAL", "permissions to take away"),
        new("mode=OCTAL", "permissions of files"),
        new("dmode=OCTAL", "permissions of directories"),
        new("undelete", "show files that were deleted"),
        new("unhide", "show hidden files"),
        new("bs=512|1024|2048|4096", "the sector size (default: found by trial)"),
        new("session=N", "the block that the session begins at, or its number on a disc, from 0"),
        new("shift=N", "the sector of the disc that the image begins with (default: found by trial)"),
        new("lastblock=BLOCK", "the last block"),
        new("anchor=BLOCK", "where the anchor is"),
        new("novrs", "do not look for a volume recognition sequence"),
        new("utf8", "names in UTF-8 (default)"),
        new("iocharset=utf8|iso8859-1|koi8-r|euc-jp|gb2312|big5", "the character set of names; any that Linux has (default: utf8)"),
    ];

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
    public override VolumeIdentity Identify(BlockSource source)
    {
        var options = new UdfOptions(new OptionList(), source);
        return UdfDescription.Identify(VolumeDescriptorSequence.Read(Place(source, options), options, static _ => { }));
    }

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
