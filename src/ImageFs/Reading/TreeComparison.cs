using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>Compares two trees: which names each has, and what their files are and hold.</summary>
/// <param name="first">The one.</param>
/// <param name="second">The other.</param>
/// <param name="tell">Called with each difference, as a line.</param>
/// <param name="fail">Called with what cannot be read.</param>
internal sealed class TreeComparison(FileSystem first, FileSystem second, Action<FilePath, string> tell, Action<FilePath, Exception> fail)
{
    private const int BufferLength = 1 << 20;

    private readonly byte[] _ours = new byte[BufferLength];
    private readonly byte[] _theirs = new byte[BufferLength];
    private readonly VisitedDirectories _visited = new();

    /// <summary>What is compared.</summary>
    internal ComparedFacts Facts { get; init; } = ComparedFacts.Usual;

    /// <summary>How many differences there are.</summary>
    internal long Differences { get; private set; }

    /// <summary>How much could not be read.</summary>
    internal long Failures { get; private set; }

    /// <summary>Called with the bytes that were compared of each file.</summary>
    internal Action<long> Progress { get; init; } = static _ => { };

    /// <summary>Compares two files, or two directories with all in them.</summary>
    internal void Run(FilePath path, NodeId ours, NodeId theirs) => Compare(path, ours, theirs, 0);

    private void Compare(FilePath path, NodeId ours, NodeId theirs, int depth)
    {
        try
        {
            NodeAttributes one = first.GetAttributes(ours);
            NodeAttributes other = second.GetAttributes(theirs);
            if (one.Type != other.Type)
            {
                Tell(path, $"{NodeText.TypeName(one.Type)} in the first, {NodeText.TypeName(other.Type)} in the second");
                return;
            }

            CompareAttributes(path, one, other);
            if (Facts.HasFlag(ComparedFacts.Attributes))
            {
                CompareExtendedAttributes(path, ours, theirs);
            }

            switch (one.Type)
            {
                case NodeType.Directory:
                    CompareDirectories(path, ours, theirs, depth);
                    break;
                case NodeType.Regular when Facts.HasFlag(ComparedFacts.Contents):
                    CompareContents(path, first.OpenFile(ours), second.OpenFile(theirs));
                    break;
                case NodeType.SymbolicLink when !first.ReadLink(ours).AsSpan().SequenceEqual(second.ReadLink(theirs)):
                    Tell(path, $"leads to {ByteText.FromBytes(first.ReadLink(ours))}, {ByteText.FromBytes(second.ReadLink(theirs))}");
                    break;
                case NodeType.BlockDevice or NodeType.CharacterDevice when one.Device != other.Device:
                    Tell(path, $"device {one.Device}, {other.Device}");
                    break;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException { Errno: not Errno.EPIPE })
        {
            Failures++;
            fail(path, e);
        }
    }

    private void CompareAttributes(FilePath path, in NodeAttributes one, in NodeAttributes other)
    {
        if (Facts.HasFlag(ComparedFacts.Mode) && one.Permissions != other.Permissions)
        {
            Tell(path, $"mode {NodeText.Mode(one.Permissions)}, {NodeText.Mode(other.Permissions)}");
        }

        if (Facts.HasFlag(ComparedFacts.Ownership) && (one.Uid, one.Gid) != (other.Uid, other.Gid))
        {
            Tell(path, $"owner {one.Uid}:{one.Gid}, {other.Uid}:{other.Gid}");
        }

        if (Facts.HasFlag(ComparedFacts.Times) && one.ModifyTime != other.ModifyTime)
        {
            Tell(path, $"changed at {NodeText.Time(one.ModifyTime)}, {NodeText.Time(other.ModifyTime)}");
        }
    }

    private void CompareExtendedAttributes(FilePath path, NodeId ours, NodeId theirs)
    {
        Dictionary<string, byte[]> one = AttributesOf(first, ours);
        Dictionary<string, byte[]> other = AttributesOf(second, theirs);
        foreach (string name in one.Keys.Union(other.Keys).Order(StringComparer.Ordinal))
        {
            if (!one.TryGetValue(name, out byte[]? value))
            {
                Tell(path, $"attribute {name} only in the second");
            }
            else if (!other.TryGetValue(name, out byte[]? otherValue))
            {
                Tell(path, $"attribute {name} only in the first");
            }
            else if (!value.AsSpan().SequenceEqual(otherValue))
            {
                Tell(path, $"attribute {name} differs");
            }
        }
    }

    private static Dictionary<string, byte[]> AttributesOf(FileSystem fileSystem, NodeId node) => fileSystem.HasExtendedAttributes
        ? fileSystem.ListExtendedAttributes(node).ToDictionary(name => ByteText.FromBytes(name), name => fileSystem.GetExtendedAttribute(node, name) ?? [])
        : [];

    private void CompareDirectories(FilePath path, NodeId ours, NodeId theirs, int depth)
    {
        _visited.Enter(ours, depth);
        var one = DirectoryContents.Read(first, ours);
        var other = DirectoryContents.Read(second, theirs);
        int i = 0;
        int j = 0;
        while (i < one.Entries.Count || j < other.Entries.Count)
        {
            int order = i == one.Entries.Count ? 1 : j == other.Entries.Count ? -1 : one.Entries[i].Name.AsSpan().SequenceCompareTo(other.Entries[j].Name);
            var child = new FilePath(path, order <= 0 ? one.Entries[i].Name : other.Entries[j].Name);
            if (order == 0)
            {
                Compare(child, one.Entries[i].Node, other.Entries[j].Node, depth + 1);
            }
            else
            {
                Tell(child, order < 0 ? "only in the first" : "only in the second");
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        one.ThrowIfIncomplete();
        other.ThrowIfIncomplete();
    }

    private void CompareContents(FilePath path, BlockSource one, BlockSource other)
    {
        if (one.Length != other.Length)
        {
            Tell(path, $"size {one.Length}, {other.Length}");
            return;
        }

        for (long offset = 0; offset < one.Length;)
        {
            long hole = Math.Min(HoleAt(one, offset), HoleAt(other, offset));
            int length = hole > 0 ? 0 : (int)Math.Min(BufferLength, one.Length - offset);
            one.ReadAt(offset, _ours.AsSpan(0, length));
            other.ReadAt(offset, _theirs.AsSpan(0, length));
            int same = _ours.AsSpan(0, length).CommonPrefixLength(_theirs.AsSpan(0, length));
            if (same < length)
            {
                Tell(path, $"byte {offset + same} differs");
                return;
            }

            offset += hole + length;
            Progress(hole + length);
        }
    }

    private static long HoleAt(BlockSource source, long offset) => source.TryLocate(offset, source.Length - offset, out LocatedExtent extent) && extent.IsZero ? extent.Length : 0;

    private void Tell(FilePath path, string difference)
    {
        Differences++;
        tell(path, difference);
    }
}

/// <summary>What of two files is compared.</summary>
[Flags]
internal enum ComparedFacts
{
    /// <summary>Names and types alone.</summary>
    None = 0,

    /// <summary>Permissions.</summary>
    Mode = 1,

    /// <summary>Owner and group.</summary>
    Ownership = 2,

    /// <summary>Bytes and their number, targets of links.</summary>
    Contents = 4,

    /// <summary>Extended attributes.</summary>
    Attributes = 8,

    /// <summary>The last change.</summary>
    Times = 16,

    /// <summary>What is compared unless something else is asked for.</summary>
    Usual = Mode | Ownership | Contents | Attributes,
}
