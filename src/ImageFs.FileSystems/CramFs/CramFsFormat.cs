using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>cramfs, the compressed file system of small Linux systems' memory, in both byte orders.</summary>
internal sealed class CramFsFormat : FileSystemFormat
{
    /// <summary>The name of Linux's driver.</summary>
    public const string LinuxName = "cramfs";

    /// <inheritdoc/>
    public override string Name => LinuxName;

    /// <inheritdoc/>
    public override string Title => "cramfs, in both byte orders";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } =
        [.. SuperBlock.Places.Select(place => new Mark(place, Number(isBigEndian: false)) { Or = Number(isBigEndian: true) })];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".cramfs"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [new("blocksize=N", "bytes of a block of cramfs (default: found by trial)")];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) => SuperBlock.Find(source) is not null;

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source) => HasMarks(ProbeWindow.Over(source));

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) => new(Name, SuperBlock.Read(source).Label);

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => SuperBlock.Read(source).Length;

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        SuperBlock superBlock = SuperBlock.Read(source);
        uint? blockSize = BlockSizes.Take(context.Options);
        VolumeLength.WarnIfCut(source, superBlock.Length, context.Warn);
        var volume = new CramFsVolume(source, superBlock, context.Memory);
        volume.BlockSize = (int?)blockSize ?? BlockSizes.Find(volume);
        return new CramFsFileSystem(volume);
    }

    private static byte[] Number(bool isBigEndian)
    {
        byte[] bytes = new byte[sizeof(uint)];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, SuperBlock.MagicNumber);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, SuperBlock.MagicNumber);
        }

        return bytes;
    }
}
