using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Tar;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Tar;

/// <summary>An archive of tar as a tree: what it would be unpacked to, with the owners and times that it says.</summary>
/// <param name="tree">The tree.</param>
internal sealed class TarFileSystem(TarTree tree) : FileSystem
{
    private const uint BlockSize = 512;
    private const uint MaxNameLength = 255;
    private const uint PlainDirectory = 0x1ED;

    // "." and ".." come first.
    private const long FirstPosition = 3;

    /// <inheritdoc/>
    public override string Format => TarFormat.FormatName;

    /// <inheritdoc/>
    public override NodeId Root { get; } = NodeOf(TarTree.Root);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = BlockSize,
        Blocks = (ulong)tree.Archive.Length / BlockSize,
        Files = (ulong)tree.Members,
        MaxNameLength = MaxNameLength,
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => new ImageDescription(Format).With("members", tree.Members);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        int entry = EntryOf(node);
        TarMember? member = tree.MemberOf(entry);
        if (member is null)
        {
            return new NodeAttributes { Type = NodeType.Directory, Permissions = PlainDirectory, Inode = node.Value, LinkCount = 2, BlockSize = BlockSize };
        }

        NodeType type = TypeOf(member);
        var time = new Timestamp(member.Time, member.Nanoseconds);
        long size = type == NodeType.SymbolicLink ? member.Link.Length : member.Size;
        return new NodeAttributes
        {
            Type = type,
            Permissions = type == NodeType.SymbolicLink ? 0x1FF : member.Permissions,
            Inode = node.Value,
            LinkCount = type == NodeType.Directory ? 2 : 1 + tree.LinksTo(entry),
            Uid = member.Uid,
            Gid = member.Gid,
            Size = size,
            Blocks = type == NodeType.Regular ? (member.StoredLength + BlockSize - 1) / BlockSize : 0,
            BlockSize = 4096,
            AccessTime = time,
            ModifyTime = time,
            ChangeTime = time,
            Device = type is NodeType.BlockDevice or NodeType.CharacterDevice ? new DeviceNumber(member.Major, member.Minor) : default,
        };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        int entry = DirectoryOf(directory);
        int? found = name switch
        {
            [(byte)'.'] => entry,
            [(byte)'.', (byte)'.'] => tree.ParentOf(entry),
            _ => tree.Find(entry, name),
        };
        node = NodeOf(tree.TargetOf(found ?? TarTree.Root));
        return found is not null || (tree.Damage is null ? false : throw Hidden());
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        int entry = DirectoryOf(directory);
        if ((position < 1 && !sink.Add(new DirectoryEntry("."u8, directory, NodeType.Directory, 1)))
            || (position < 2 && !sink.Add(new DirectoryEntry(".."u8, NodeOf(tree.ParentOf(entry)), NodeType.Directory, 2))))
        {
            return;
        }

        int? before = position >= FirstPosition && tree.Contains((ulong)(position - FirstPosition)) ? (int)(position - FirstPosition) : null;
        if (position >= FirstPosition && before is null)
        {
            return;
        }

        for (int? next = tree.NextOf(entry, before); next is { } child; next = tree.NextOf(entry, child))
        {
            int target = tree.TargetOf(child);
            NodeType type = tree.IsDirectory(target) ? NodeType.Directory : TypeOf(tree.MemberOf(target));
            if (!sink.Add(new DirectoryEntry(tree.NameOf(child), NodeOf(target), type, child + FirstPosition)))
            {
                return;
            }
        }

        if (tree.Damage is not null)
        {
            throw Hidden();
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        int entry = EntryOf(node);
        return tree.MemberOf(entry) is { Type: TarType.SymbolicLink } member ? member.Link : throw WrongType.Of("readlink", GetAttributes(node).Type, NameOf(entry));
    }

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => true;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) => [.. AttributesOf(node).Select(attribute => attribute.Name)];

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        foreach ((byte[] found, byte[] value) in AttributesOf(node))
        {
            if (name.SequenceEqual(found))
            {
                return value;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        int entry = EntryOf(node);
        return tree.MemberOf(entry) is { Type: TarType.File } member ? member.Open(tree.Archive) : throw WrongType.Of("read", GetAttributes(node).Type, NameOf(entry));
    }

    private static NodeId NodeOf(int entry) => new((ulong)entry + 1);

    private static NodeType TypeOf(TarMember? member) => member?.Type switch
    {
        TarType.SymbolicLink => NodeType.SymbolicLink,
        TarType.CharacterDevice => NodeType.CharacterDevice,
        TarType.BlockDevice => NodeType.BlockDevice,
        TarType.Fifo => NodeType.Fifo,
        TarType.Directory or null => NodeType.Directory,
        _ => NodeType.Regular,
    };

    private IReadOnlyList<(byte[] Name, byte[] Value)> AttributesOf(NodeId node) => tree.MemberOf(EntryOf(node))?.Attributes ?? [];

    private int EntryOf(NodeId node) => node.Value > 0 && tree.Contains(node.Value - 1)
        ? (int)node.Value - 1
        : throw new LinuxException("stat", Errno.ESTALE, $"the member {node.Value}");

    private int DirectoryOf(NodeId node)
    {
        int entry = EntryOf(node);
        return tree.IsDirectory(entry) ? entry : throw new LinuxException("readdir", Errno.ENOTDIR, NameOf(entry));
    }

    private string NameOf(int entry) => entry == TarTree.Root ? "/" : ByteText.FromBytes(tree.NameOf(entry));

    // What cannot be read hides names: one that is not found may be there.
    private ImageException Hidden() => tree.Damage is TruncatedImageException cut
        ? new TruncatedImageException(cut.Message)
        : new InvalidImageException("tar header", ((InvalidImageException)tree.Damage!).Address, ((InvalidImageException)tree.Damage).Problem);
}
