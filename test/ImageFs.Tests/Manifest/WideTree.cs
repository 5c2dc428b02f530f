using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Manifest;

/// <summary>Large directories, each with others in it: of so many files that several threads read one.</summary>
/// <param name="directories">How many there are below the root.</param>
/// <param name="files">How many files each of them has.</param>
internal sealed class WideTree(int directories, int files) : FileSystem
{
    private const int RootNumber = 1;

    /// <summary>Files and directories whose inode cannot be read, by their number.</summary>
    public HashSet<ulong> Damaged { get; } = [];

    /// <summary>Whether each directory is named in itself.</summary>
    public bool GoesRound { get; init; }

    /// <summary>How often an inode was looked at.</summary>
    public int Looks => _looks;

    private int _looks;

    public override string Format => "wide";

    public override NodeId Root => new(RootNumber);

    public override FileSystemStatistics Statistics => new() { BlockSize = 512, Blocks = 1, MaxNameLength = 255 };

    /// <summary>The number of a file.</summary>
    public ulong NumberOf(int directory, int file) => (ulong)(RootNumber + 1 + directories + (directory * files) + file);

    public override NodeAttributes GetAttributes(NodeId node)
    {
        Interlocked.Increment(ref _looks);
        if (Damaged.Contains(node.Value))
        {
            throw new InvalidImageException($"inode {node.Value}", 0, "it is damaged");
        }

        return IsDirectory(node)
            ? new NodeAttributes { Type = NodeType.Directory, Permissions = 0x1ED, Inode = node.Value, LinkCount = 2 }
            : new NodeAttributes { Type = NodeType.SymbolicLink, Permissions = 0x1FF, Inode = node.Value, LinkCount = node.Value % 3 == 0 ? 2u : 1u };
    }

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => throw new NotSupportedException();

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        bool isRoot = directory == Root;
        int count = isRoot ? directories : GoesRound ? files + 1 : files;
        for (long i = position; i < count; i++)
        {
            bool isDirectory = isRoot || i == files;
            ulong number = !isDirectory ? NumberOf((int)(directory.Value - RootNumber - 1), (int)i) : isRoot ? (ulong)(RootNumber + 1 + i) : directory.Value;
            byte[] name = ByteText.ToBytes(i.ToString(CultureInfo.InvariantCulture));
            if (!sink.Add(new DirectoryEntry(name, new NodeId(number), isDirectory ? NodeType.Directory : NodeType.SymbolicLink, i + 1)))
            {
                return;
            }
        }
    }

    public override byte[] ReadLink(NodeId node) => ByteText.ToBytes(node.Value.ToString(CultureInfo.InvariantCulture));

    public override BlockSource OpenFile(NodeId node) => throw new NotSupportedException();

    private bool IsDirectory(NodeId node) => node.Value <= (ulong)(RootNumber + directories);
}
