using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.RomFs;

/// <summary>A romfs file system, as Linux's romfs shows it. A node is where the file's own header is.</summary>
/// <param name="volume">The volume.</param>
internal sealed class RomFsFileSystem(RomFsVolume volume) : FileSystem
{
    // What Linux counts in (ROMBSIZE).
    private const uint BlockSize = 1024;
    private const int BlocksUnit = 512;
    private const int DeviceShift = 16;

    private readonly RomFsDirectories _directories = new(volume);

    /// <inheritdoc/>
    public override string Format => RomFsFormat.LinuxName;

    /// <inheritdoc/>
    public override NodeId Root { get; } = new(volume.Resolve(volume.Root));

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = BlockSize,
        Blocks = (ulong)((volume.Length + BlockSize - 1) / BlockSize),
        MaxNameLength = FileHeader.MaxNameLength,
    };

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new() { Structures = RomFsChecks.Of(volume) };

    /// <inheritdoc/>
    public override ImageDescription Describe() => new ImageDescription(Format)
        .With("label", volume.Label)
        .With("bytes", volume.Length);

    /// <inheritdoc/>
    /// <remarks>There are no owners, times and counts of links. Linux says that no file takes any room, and then GNU tar takes one for a hole.</remarks>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        Span<byte> buffer = stackalloc byte[FileHeader.Length];
        FileHeader header = volume.ReadHeader((uint)node.Value, buffer);
        NodeType type = header.Type;
        long size = type switch
        {
            NodeType.Directory => volume.FindContents((uint)node.Value) - (long)node.Value,
            _ => header.Size,
        };
        return new NodeAttributes
        {
            Type = type,
            Permissions = FindPermissions(type, header.IsExecutable),
            Inode = node.Value,
            LinkCount = 1,
            Size = size,
            Blocks = type == NodeType.Regular ? (size + BlocksUnit - 1) / BlocksUnit : 0,
            BlockSize = BlockSize,
            Device = type is NodeType.BlockDevice or NodeType.CharacterDevice
                ? new DeviceNumber(header.Device >> DeviceShift, header.Device & ((1 << DeviceShift) - 1))
                : default,
        };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        const int MaxTarget = 4096;
        Require(node, NodeType.SymbolicLink, "readlink");
        BlockSlice contents = volume.OpenContents((uint)node.Value);
        if (contents.Length is 0 or >= MaxTarget)
        {
            throw RomFsVolume.Invalid((uint)node.Value, $"a symbolic link of {contents.Length} bytes");
        }

        byte[] target = new byte[contents.Length];
        contents.ReadAt(0, target);
        int end = target.AsSpan().IndexOf((byte)0);
        return end < 0 ? target : target[..end];
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        Require(node, NodeType.Regular, "read");
        return volume.OpenContents((uint)node.Value);
    }

    // Linux: romfs_modemap.
    private static uint FindPermissions(NodeType type, bool isExecutable)
    {
        const uint AllMayRead = 0x1A4;
        const uint AllMayExecute = 0x49;
        const uint AllMayAll = 0x1FF;
        const uint OwnerMayReadAndWrite = 0x180;
        return type switch
        {
            NodeType.SymbolicLink => AllMayAll,
            NodeType.BlockDevice or NodeType.CharacterDevice => OwnerMayReadAndWrite,
            NodeType.Directory or NodeType.Regular => AllMayRead | (isExecutable ? AllMayExecute : 0),
            _ => AllMayRead,
        };
    }

    private void Require(NodeId node, NodeType wanted, string call)
    {
        Span<byte> buffer = stackalloc byte[FileHeader.Length];
        NodeType type = volume.ReadHeader((uint)node.Value, buffer).Type;
        if (type != wanted)
        {
            throw WrongType.Of(call, type, $"the file at 0x{node.Value:X}");
        }
    }
}
