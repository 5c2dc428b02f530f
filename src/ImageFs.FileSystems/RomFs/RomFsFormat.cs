using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.RomFs;

/// <summary>romfs, the file system of small Linux systems' memory.</summary>
internal sealed class RomFsFormat : FileSystemFormat
{
    /// <summary>The name of Linux's driver.</summary>
    public const string LinuxName = "romfs";

    /// <summary>What the first header begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "-rom1fs-"u8;

    /// <inheritdoc/>
    public override string Name => LinuxName;

    /// <inheritdoc/>
    public override string Title => "romfs";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".romfs"];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) => HasMarks(ProbeWindow.Over(source));

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) => new(Name, Load(source).Label);

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => Load(source).Length;

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        var volume = new RomFsVolume(source, context.Memory);
        VolumeLength.WarnIfCut(source, volume.Length, context.Warn);
        return new RomFsFileSystem(volume);
    }

    private static RomFsVolume Load(BlockSource source) => new(source, ForLook().Memory);
}
