using ImageFs.FileSystems.Ext.Journal;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext;

/// <summary>ext2, ext3 and ext4: one format, which the features of a file system give its name.</summary>
internal sealed class ExtFormat : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => "ext4";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["ext2", "ext3"];

    /// <inheritdoc/>
    public override string Title => "ext2, ext3 and ext4";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0x438, (byte[])[0x53, 0xEF])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".raw"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        new("sb=N", "the super block is that at N KiB, with its group descriptors"),
        new("noload", "do not recover the journal"),
        new("norecovery", "the same"),
        new("user_xattr", "show extended attributes of users (default)"),
        new("nouser_xattr", "do not"),
        new("acl", "show access control lists (default)"),
        new("noacl", "do not"),
        new("bsddf", "statfs(2) leaves out what the file system itself needs (default)"),
        new("minixdf", "statfs(2) counts that too"),
    ];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[SuperBlock.Size];
        return TryReadSuperBlock(source, bytes) && new SuperBlock(bytes).FindProblem() is null;
    }

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[SuperBlock.Size];
        return TryReadSuperBlock(source, bytes) && new SuperBlock(bytes).Magic == SuperBlock.MagicNumber;
    }

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source)
    {
        var superBlock = new SuperBlock(ReadSuperBlock(source, SuperBlock.Address));
        return (long)Math.Min(superBlock.BlocksCount, (ulong)(long.MaxValue >> (int)(10 + superBlock.LogBlockSize))) << (int)(10 + superBlock.LogBlockSize);
    }

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) =>
        ExtDescription.Identify(new SuperBlock(ReadSuperBlock(source, SuperBlock.Address)));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        var taken = ExtOptions.Take(context.Options);
        byte[] superBlock = ReadSuperBlock(source, taken.SuperBlockAddress);
        var volume = new ExtVolume(context.Memory, source, new SuperBlock(superBlock), taken.SuperBlockAddress);
        if (!taken.NoLoad && JournalRecovery.IsNeeded(new SuperBlock(superBlock)))
        {
            BlockSource recovered = JournalRecovery.Recover(volume, new SuperBlock(superBlock).JournalInode, out int blocks);
            superBlock = ReadSuperBlock(recovered, taken.SuperBlockAddress);
            volume = new ExtVolume(context.Memory, recovered, new SuperBlock(superBlock), taken.SuperBlockAddress) { RecoveredBlocks = blocks };
        }

        if (new SuperBlock(superBlock).HasFeaturesOfNoRevision)
        {
            context.Warn("the super block has features, and revision 0, which has none: run e2fsck");
        }

        if (!taken.NoLoad && volume.RecoveredBlocks is null && JournalRecovery.FindContradiction(volume, new SuperBlock(superBlock)) is { } contradiction)
        {
            context.Warn($"{contradiction}: what is shown may be out of date");
        }

        VolumeLength.WarnIfCut(source, volume.Geometry.AddressOf(volume.Geometry.BlocksCount), context.Warn);
        return new ExtFileSystem(volume, superBlock, taken);
    }

    private static bool TryReadSuperBlock(BlockSource source, Span<byte> bytes)
    {
        if (source.Length < SuperBlock.Address + SuperBlock.Size)
        {
            return false;
        }

        source.ReadAt(SuperBlock.Address, bytes);
        return true;
    }

    private static byte[] ReadSuperBlock(BlockSource source, long address)
    {
        byte[] bytes = new byte[SuperBlock.Size];
        source.ReadAt(address, bytes);
        return bytes;
    }
}
