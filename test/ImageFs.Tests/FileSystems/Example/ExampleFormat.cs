using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Example;

/// <summary>
/// The smallest format that there can be, as CONTRIBUTING.md has it: "EXAMPLE1", a label of 16 bytes, a number of files, and for each its name of
/// 16 bytes, where its bytes begin and how many there are, in 32 bits. This folder and one line of a list are all of it.
/// </summary>
internal sealed class ExampleFormat : FileSystemFormat
{
    public override string Name => "example";

    public override string Title => "a file system for the tests";

    public override IReadOnlyList<Mark> Marks { get; } = [new(0, "EXAMPLE1")];

    public override IReadOnlyList<string> FileExtensions => [".example"];

    public override IReadOnlyList<FormatOption> Options => [new("shout", "names in capitals")];

    public override bool Probe(BlockSource source) => HasMarks(ProbeWindow.Over(source));

    public override VolumeIdentity Identify(BlockSource source)
    {
        Span<byte> header = stackalloc byte[Header.Length];
        source.ReadAt(0, header);
        return new VolumeIdentity(Name, new Header(header).Label);
    }

    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) => new ExampleFileSystem(source, context.Options.TakeFlag("shout"));

    protected override long FindLength(BlockSource source) => source.Length;
}

/// <summary>The first bytes of a volume.</summary>
internal readonly ref struct Header(ReadOnlySpan<byte> bytes)
{
    public const int Length = 28;

    private readonly ReadOnlySpan<byte> _bytes = bytes[..Length];

    public string Label => Encoding.UTF8.GetString(_bytes.Slice(8, 16).TrimEnd((byte)0));

    public int Files => BinaryPrimitives.ReadInt32LittleEndian(_bytes[24..]);
}

/// <summary>What a volume says of a file.</summary>
internal readonly ref struct FileRecord(ReadOnlySpan<byte> bytes)
{
    public const int Length = 24;

    private readonly ReadOnlySpan<byte> _bytes = bytes[..Length];

    public ReadOnlySpan<byte> Name => _bytes[..16].TrimEnd((byte)0);

    public long Start => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]);

    public long Size => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[20..]);
}

/// <summary>Node 1 is the root, node 2 the first file.</summary>
internal sealed class ExampleFileSystem : FileSystem
{
    private const int MaxFiles = 1000;
    private const ulong FirstFile = 2;

    private readonly BlockSource _source;
    private readonly byte[] _records;

    /// <exception cref="InvalidImageException">The volume names more files than there can be.</exception>
    public ExampleFileSystem(BlockSource source, bool isLoud)
    {
        Span<byte> header = stackalloc byte[Header.Length];
        source.ReadAt(0, header);
        int count = new Header(header).Files;
        if (count is < 0 or > MaxFiles)
        {
            throw new InvalidImageException("header", 24, $"it has {count} files, at most {MaxFiles} are allowed");
        }

        _source = source;
        _records = new byte[count * FileRecord.Length];
        source.ReadAt(Header.Length, _records);
        for (int i = 0; isLoud && i < count; i++)
        {
            Span<byte> name = _records.AsSpan(i * FileRecord.Length, 16);
            Ascii.ToUpperInPlace(name, out _);
        }
    }

    public override string Format => "example";

    public override NodeId Root => new(1);

    public override FileSystemStatistics Statistics => new() { BlockSize = 512, Blocks = (ulong)(_source.Length / 512), Files = (ulong)Count, MaxNameLength = 16 };

    private int Count => _records.Length / FileRecord.Length;

    public override NodeAttributes GetAttributes(NodeId node) => node == Root
        ? new NodeAttributes { Type = NodeType.Directory, Permissions = 0x16D, Inode = 1, LinkCount = 2 }
        : new NodeAttributes { Type = NodeType.Regular, Permissions = 0x124, Inode = node.Value, LinkCount = 1, Size = Record(node).Size };

    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = Root;
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return true;
        }

        for (ulong i = FirstFile; i < FirstFile + (ulong)Count; i++)
        {
            node = new NodeId(i);
            if (Record(node).Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        bool goesOn = (position >= 1 || sink.Add(new DirectoryEntry("."u8, Root, NodeType.Directory, 1)))
            && (position >= 2 || sink.Add(new DirectoryEntry(".."u8, Root, NodeType.Directory, 2)));
        for (int i = (int)Math.Max(position - 2, 0); goesOn && i < Count; i++)
        {
            var node = new NodeId(FirstFile + (ulong)i);
            goesOn = sink.Add(new DirectoryEntry(Record(node).Name, node, NodeType.Regular, i + 3));
        }
    }

    public override byte[] ReadLink(NodeId node) => throw new NotSupportedException();

    public override BlockSource OpenFile(NodeId node) => new BlockSlice(_source, Record(node).Start, Record(node).Size);

    private FileRecord Record(NodeId node) => new(_records.AsSpan((int)(node.Value - FirstFile) * FileRecord.Length));
}
