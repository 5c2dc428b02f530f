using ImageFs.FileSystems.SquashFs.Checks;
using ImageFs.FileSystems.SquashFs.Directories;
using ImageFs.FileSystems.SquashFs.Files;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>A SquashFS file system, as Linux shows it. A node is the place of its inode.</summary>
internal sealed class SquashFsFileSystem : FileSystem
{
    private const int SectorShift = 9;
    private const uint MaxNameLength = 256;

    private readonly SquashFsVolume _volume;
    private readonly SquashFsDirectories _directories;

    /// <param name="volume">The volume.</param>
    /// <param name="subdirectory">The directory that is shown, by its path; null for all.</param>
    /// <exception cref="ImageException">The root directory cannot be read.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="OptionException">There is no such directory.</exception>
    public SquashFsFileSystem(SquashFsVolume volume, string? subdirectory)
    {
        _volume = volume;
        _directories = new SquashFsDirectories(volume);
        _directories.Root = new NodeId(volume.Super.Root);
        _directories.Open(Root);
        if (subdirectory is not null)
        {
            _directories.Root = Subdirectory.Find(this, subdirectory);
        }
    }

    /// <inheritdoc/>
    public override string Format => SquashFsFormat.Type;

    /// <inheritdoc/>
    public override NodeId Root => _directories.Root;

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)_volume.Super.BlockSize,
        Blocks = ((_volume.Super.BytesUsed - 1) >> _volume.Super.BlockLog) + 1,
        Files = _volume.Super.Inodes,
        MaxNameLength = MaxNameLength,
    };

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => _volume.Attributes is not null;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new() { SharedBytes = SharedBytes.Any, Structures = new SquashFsChecks(_volume).All };

    /// <inheritdoc/>
    public override ImageDescription Describe() => SquashFsDescription.Make(_volume);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        Inode inode = _volume.Inodes.Read(node);
        var time = new Timestamp(inode.ModifyTime);
        return new NodeAttributes
        {
            Type = inode.Type,
            Permissions = inode.Permissions,
            Inode = inode.Number,
            LinkCount = inode.Links,
            Uid = _volume.Ids.UserOf(inode),
            Gid = _volume.Ids.GroupOf(inode),
            Device = inode.Type is NodeType.CharacterDevice or NodeType.BlockDevice ? DeviceNumber.Unpack(inode.Device) : default,
            Size = inode.Length,
            Blocks = BlocksOf(inode),
            BlockSize = (uint)_volume.Super.BlockSize,
            AccessTime = time,
            ModifyTime = time,
            ChangeTime = time,
        };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        Inode inode = Read(node, NodeType.SymbolicLink, "readlink");
        return _volume.Inodes.ReadTarget(inode);
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => new SquashFile(_volume, Read(node, NodeType.Regular, "read"));

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) =>
        ListOf(_volume.Inodes.Read(node)) is { } list ? _volume.Attributes!.List(list) : [];

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) =>
        ListOf(_volume.Inodes.Read(node)) is { } list ? _volume.Attributes!.Get(list, name) : null;

    // Attributes count too (squashfs_read_inode).
    private long BlocksOf(in Inode inode)
    {
        long stored = inode.Type == NodeType.Regular ? inode.Length - (long)Math.Min(inode.Sparse, (ulong)inode.Length) : 0;
        return ToSectors(stored) + (ListOf(inode) is { } list ? ToSectors(_volume.Attributes!.SizeOf(list)) : 0);
    }

    private static long ToSectors(long bytes) => (bytes >> SectorShift) + ((bytes & ((1 << SectorShift) - 1)) > 0 ? 1 : 0);

    private uint? ListOf(in Inode inode) => inode.Attributes != Inode.None && _volume.Attributes is not null ? inode.Attributes : null;

    private Inode Read(NodeId node, NodeType type, string call)
    {
        Inode inode = _volume.Inodes.Read(node);
        return inode.Type == type
            ? inode
            : throw WrongType.Of(call, inode.Type, $"inode {inode.Number}");
    }
}
