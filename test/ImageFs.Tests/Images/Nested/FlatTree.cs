using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Images.Nested;

/// <summary>A file system of one directory, with files of bytes in memory.</summary>
/// <param name="files">The files; one without contents is a directory.</param>
internal sealed class FlatTree(params (string Name, BlockSource? Contents)[] files) : FileSystem
{
    private const ulong First = 2;

    public override string Format => "flat";

    public override NodeId Root => new(1);

    public override FileSystemStatistics Statistics => new() { BlockSize = 512, Blocks = 1, MaxNameLength = 255 };

    /// <summary>Files that were opened, each time.</summary>
    public List<string> Opened { get; } = [];

    public override NodeAttributes GetAttributes(NodeId node) => new()
    {
        Type = node == Root || FileOf(node).Contents is null ? NodeType.Directory : NodeType.Regular,
        Permissions = 0x1A4,
        Inode = node.Value,
        LinkCount = 1,
        Size = node == Root ? 0 : FileOf(node).Contents?.Length ?? 0,
    };

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        string wanted = Encoding.UTF8.GetString(name);
        int index = wanted is "." or ".." ? -1 : Array.FindIndex(files, file => file.Name == wanted);
        node = wanted is "." or ".." ? Root : new NodeId(First + (ulong)Math.Max(index, 0));
        return index >= 0 || wanted is "." or "..";
    }

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        if (directory != Root)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR);
        }

        for (int at = (int)position; at < files.Length + 2; at++)
        {
            string name = at switch { 0 => ".", 1 => "..", _ => files[at - 2].Name };
            NodeId node = at < 2 ? Root : new NodeId(First + (ulong)at - 2);
            if (!sink.Add(new DirectoryEntry(Encoding.UTF8.GetBytes(name), node, GetAttributes(node).Type, at + 1)))
            {
                return;
            }
        }
    }

    public override byte[] ReadLink(NodeId node) => throw new LinuxException("readlink", Errno.EINVAL);

    public override BlockSource OpenFile(NodeId node)
    {
        if (GetAttributes(node).Type == NodeType.Directory)
        {
            throw new LinuxException("open", Errno.EISDIR);
        }

        Opened.Add(FileOf(node).Name);
        return FileOf(node).Contents!;
    }

    private (string Name, BlockSource? Contents) FileOf(NodeId node) => files[(int)(node.Value - First)];
}
