using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs;

/// <summary>XFS, versions 4 and 5.</summary>
internal sealed class XfsFormat : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => XfsDescription.Format;

    /// <inheritdoc/>
    public override string Title => "XFS";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, "XFSB")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".raw"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        new("norecovery", "do not recover the log"),
        new("logdev=FILE", "the log is there, and not in the volume"),
        new("rtdev=FILE", "the device of real-time files"),
    ];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[SuperBlock.MinSectorSize];
        return TryRead(source, bytes) && new SuperBlock(bytes).HasGoodSizes;
    }

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[SuperBlock.MinSectorSize];
        return TryRead(source, bytes) && new SuperBlock(bytes).Magic == SuperBlock.MagicNumber;
    }

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source)
    {
        var superBlock = new SuperBlock(SuperBlocks.Read(source, 0));
        return (long)UInt128.Min((UInt128)superBlock.DataBlocks * superBlock.BlockSize, (UInt128)long.MaxValue);
    }

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) => XfsDescription.Identify(new SuperBlock(SuperBlocks.Read(source, 0)));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        var taken = XfsOptions.Take(context.Options);
        byte[] superBlock = SuperBlocks.Find(source, context.Warn, out long address);
        BlockSource? realTime = OpenOther(taken.RealTimeDevice, "rtdev", context);
        var volume = new XfsVolume(context.Memory, source, new SuperBlock(superBlock), address) { RealTime = realTime, IsClean = !taken.NoRecovery };
        if (!taken.NoRecovery && Replay(source, volume.Geometry, superBlock, taken, context) is { } log)
        {
            BlockSource replayed = log.ToSource();
            superBlock = SuperBlocks.Find(replayed, context.Warn, out address);
            Recovery recovery = log.Finish(new XfsVolume(context.Memory, replayed, new SuperBlock(superBlock), address));
            volume = new XfsVolume(context.Memory, recovery.Source, new SuperBlock(superBlock), address) { RealTime = realTime, IsClean = false, Recovery = recovery };
        }

        VolumeLength.WarnIfCut(source, volume.Geometry.DataBlocks * volume.Geometry.BlockSize, context.Warn);
        return new XfsFileSystem(volume, superBlock);
    }

    private static LogRecovery? Replay(BlockSource source, Geometry geometry, byte[] superBlock, XfsOptions taken, OpenContext context) =>
        LogRecovery.Replay(source, geometry, new SuperBlock(superBlock), OpenOther(taken.LogDevice, "logdev", context), context.Warn);

    private static BlockSource? OpenOther(string? path, string option, OpenContext context) =>
        path is null ? null
        : context.OpenOther is { } open ? open(path)
        : throw new OptionException($"{option}={path}", "cannot be opened here: the image was opened as bytes, and not by its path");

    private static bool TryRead(BlockSource source, Span<byte> bytes)
    {
        if (source.Length < bytes.Length)
        {
            return false;
        }

        source.ReadAt(0, bytes);
        return true;
    }
}
