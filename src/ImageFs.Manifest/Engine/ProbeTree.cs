using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest.Engine;

/// <summary>A tree of one file, to see what Linux makes of it.</summary>
/// <param name="contents">The file's bytes.</param>
internal sealed class ProbeTree(BlockSource contents) : FileSystem
{
    /// <summary>The file's name.</summary>
    public static ReadOnlySpan<byte> Name => "file"u8;

    private static readonly NodeId s_file = new(2);

    /// <inheritdoc/>
    public override string Format => "probe";

    /// <inheritdoc/>
    public override NodeId Root => new(1);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new() { BlockSize = 512, Blocks = 0, MaxNameLength = 255 };

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node) => node == Root
        ? new NodeAttributes { Type = NodeType.Directory, Permissions = 0x1C0, Inode = 1, LinkCount = 2 }
        : new NodeAttributes { Type = NodeType.Regular, Permissions = 0x180, Inode = 2, LinkCount = 1, Size = contents.Length };

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = s_file;
        return name.SequenceEqual(Name);
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        if (position == 0)
        {
            sink.Add(new DirectoryEntry(Name, s_file, NodeType.Regular, 1));
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node) => contents;
}
