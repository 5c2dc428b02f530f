using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>A cramfs file system, as Linux's cramfs shows it. A node is where its inode is, in the directory.</summary>
/// <param name="volume">The volume.</param>
internal sealed class CramFsFileSystem(CramFsVolume volume) : FileSystem
{
    private const int BlocksUnit = 512;
    private const int MaxTarget = 4096;

    private readonly CramFsDirectories _directories = new(volume);

    /// <inheritdoc/>
    public override string Format => CramFsFormat.LinuxName;

    /// <inheritdoc/>
    public override NodeId Root => volume.Root;

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)volume.BlockSize,
        Blocks = volume.SuperBlock.Blocks,
        Files = volume.SuperBlock.Files,
        MaxNameLength = Inode.MaxNameLength,
    };

    /// <inheritdoc/>
    /// <remarks>Files that are alike are stored once, and blocks begin anywhere.</remarks>
    public override FileSystemChecks Checks => new() { Structures = [CramFsChecks.Of(volume)], SharedBytes = SharedBytes.Any };

    /// <inheritdoc/>
    public override ImageDescription Describe() => new ImageDescription(Format)
        .With("label", volume.SuperBlock.Label)
        .With("bytes", volume.SuperBlock.Length)
        .With("byte-order", volume.SuperBlock.Order.IsBigEndian ? "big" : "little")
        .With("compressor", "zlib")
        .With("block-size", (long)volume.BlockSize)
        .With("edition", volume.SuperBlock.Checksum is null ? null : (long)volume.SuperBlock.Edition)
        .With("blocks", volume.SuperBlock.Checksum is null ? null : (long)volume.SuperBlock.Blocks)
        .With("files", volume.SuperBlock.Checksum is null ? null : (long)volume.SuperBlock.Files)
        .With("extended-pointers", volume.SuperBlock.Flags.HasFlag(CramFsFlags.ExtendedPointers) ? true : null);

    /// <inheritdoc/>
    /// <remarks>There are no times and counts of links. Inode numbers are those of names: Linux gives files that are stored once the same.</remarks>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        Inode inode = volume.ReadInode(node);
        NodeType type = inode.Type;
        long size = type is NodeType.Regular or NodeType.Directory or NodeType.SymbolicLink ? inode.Size : 0;
        return new NodeAttributes
        {
            Type = type == NodeType.Unknown ? throw CramFsVolume.Invalid(node, "its type is none that there is") : type,
            Permissions = inode.Permissions,
            Inode = node.Value,
            LinkCount = 1,
            Uid = inode.User,
            Gid = inode.Group,
            Device = type is NodeType.BlockDevice or NodeType.CharacterDevice ? inode.Device : default,
            Size = size,
            Blocks = (size + BlocksUnit - 1) / BlocksUnit,
            BlockSize = (uint)volume.BlockSize,
        };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        if (volume.ReadInode(node).Type != NodeType.SymbolicLink)
        {
            throw new LinuxException("readlink", Errno.EINVAL, $"the inode at 0x{node.Value:X}");
        }

        BlockSource contents = volume.OpenContents(node);
        if (contents.Length is 0 or >= MaxTarget)
        {
            throw CramFsVolume.Invalid(node, $"a symbolic link of {contents.Length} bytes");
        }

        byte[] target = new byte[contents.Length];
        contents.ReadAt(0, target);
        int end = target.AsSpan().IndexOf((byte)0);
        return end < 0 ? target : target[..end];
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        NodeType type = volume.ReadInode(node).Type;
        return type == NodeType.Regular
            ? volume.OpenContents(node)
            : throw WrongType.Of("read", type, $"the inode at 0x{node.Value:X}");
    }
}
