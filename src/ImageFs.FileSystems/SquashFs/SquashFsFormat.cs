using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>SquashFS.</summary>
internal sealed class SquashFsFormat : FileSystemFormat
{
    public const string Type = "squashfs";

    /// <inheritdoc/>
    public override string Name => Type;

    /// <inheritdoc/>
    public override string Title => "SquashFS";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [.. Magic.All.Select(magic => new Mark(0, magic.Bytes))];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".squashfs", ".sqsh", ".sqfs", ".sfs", ".squash", ".snap"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        new($"{Subdirectory.Option}=PATH", "the directory that is shown, by its path"),
        new("errors=continue|panic", "accepted: damage is an error of the file"),
        new("threads=single|multi|percpu|N", "accepted: blocks are decoded by whoever wants them"),
    ];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) =>
        ProbeByReading(() => SuperBlock.IsThere(source) && SuperBlock.Read(source) is not null);

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source) => SuperBlock.IsThere(source);

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) => new(Type);

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => (long)SuperBlock.Read(source).BytesUsed;

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        string? subdirectory = context.Options.TakeValue(Subdirectory.Option);
        context.Options.TakeChoice("errors", "continue", "panic");
        if (context.Options.TakeValue("threads") is { } threads && threads is not ("single" or "multi" or "percpu") && !threads.All(char.IsAsciiDigit))
        {
            throw new OptionException($"threads={threads}", "must be single, multi, percpu or a number");
        }

        var super = SuperBlock.Read(source);

        // The tables are at its end: an image that is cut short says so before one of them is missed.
        VolumeLength.WarnIfCut(source, (long)super.BytesUsed, context.Warn);
        return new SquashFsFileSystem(new SquashFsVolume(source, super, context.Memory), subdirectory);
    }
}
