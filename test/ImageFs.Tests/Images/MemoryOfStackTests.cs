using System.Collections;
using System.Reflection;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.FileSystems.Ext;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tree;

namespace ImageFs.Tests.Images;

/// <summary>What all layers of a mount keep, together: found by going through every object that a mounted tree leads to.</summary>
public sealed class MemoryOfStackTests
{
    private const int Volumes = 4;
    private const int FirstSector = 2048;
    private const int Chain = 5;

    // A disk of four volumes in a chain of five images.
    [TestCase(64 * 1024)]
    [TestCase(1024 * 1024)]
    [TestCase(32 * 1024 * 1024)]
    public void It_never_exceeds_the_cache_size(int cacheSize)
    {
        using var folder = new DiskFolder();
        File.WriteAllBytes(folder[DiskFolder.Source], MakeDisk());
        string below = DiskFolder.Source;
        for (int i = 0; i < Chain; i++)
        {
            folder.Image("create", "-q", "-f", "qcow2", "-b", below, "-F", i == 0 ? "raw" : "qcow2", $"{i}.qcow2");
            below = $"{i}.qcow2";
        }

        using ImageStack stack = ImageStack.Open(folder[below], OpenContext.Of($"cache-size={cacheSize}"));
        FileSystem tree = stack.OpenFileSystem();
        int files = Walk(tree, tree.Root);
        Assert.That(files, Is.GreaterThan(Volumes * 5), "all volumes were read");
        object[] all = [.. Reach(tree, stack)];
        long[] slots = [.. all.Where(found => IsOf(found, typeof(BlockSlots<>))).Select(found => ((Array)ValueOf(found, "_slots")!).Length * (long)(int)ValueOf(found, "_blockSize")!)];
        IndexCache[] indexes = [.. all.OfType<IndexCache>().Distinct()];
        Assert.That(slots, Is.Not.Empty);
        DecodedBlockCache[] decoded = [.. all.OfType<DecodedBlockCache>().Distinct()];
        Assert.That(indexes, Has.Length.EqualTo(1), "all volumes share one");
        Assert.That(decoded, Has.Length.EqualTo(1), "all layers share one");
        Assert.That(slots.Sum() + indexes[0].MaxBytes + decoded[0].MaxBytes, Is.LessThanOrEqualTo(cacheSize));
    }

    private static byte[] MakeDisk()
    {
        byte[] volume = ExtImages.Read("ext2");
        int sectors = volume.Length / 512;
        byte[] disk = new byte[(FirstSector + (Volumes * sectors)) * 512];
        disk[510] = 0x55;
        disk[511] = 0xAA;
        for (int i = 0; i < Volumes; i++)
        {
            int start = FirstSector + (i * sectors);
            Enter(disk, 446 + (16 * i), 0x83, start, sectors);
            volume.CopyTo(disk, start * 512);
        }

        return disk;
    }

    private static void Enter(byte[] disk, int place, byte type, int start, int count)
    {
        disk[place + 4] = type;
        BitConverter.TryWriteBytes(disk.AsSpan(place + 8), start);
        BitConverter.TryWriteBytes(disk.AsSpan(place + 12), count);
    }

    private static int Walk(FileSystem tree, NodeId directory)
    {
        var sink = new Entries();
        tree.ReadDirectory(directory, 0, sink);
        int files = sink.Nodes.Count;
        foreach (NodeId node in sink.Nodes)
        {
            NodeAttributes attributes = tree.GetAttributes(node);
            if (attributes.Type == NodeType.Directory)
            {
                files += Walk(tree, node);
            }
            else if (attributes.Type == NodeType.Regular && attributes.Size > 0)
            {
                tree.OpenFile(node).ReadAt(0, new byte[1]);
            }
        }

        return files;
    }

    // Every object that fields lead to from some; of the program's own and of collections.
    private static HashSet<object> Reach(params object[] from)
    {
        var found = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>(from);
        while (open.TryPop(out object? next))
        {
            if (next is string or Type or MemberInfo or Assembly or Thread || (next is Array array && array.GetType().GetElementType()!.IsPrimitive) || !found.Add(next))
            {
                continue;
            }

            if (next is Array elements)
            {
                Push(open, elements);
                continue;
            }

            for (Type? type = next.GetType(); type is not null; type = type.BaseType)
            {
                foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPrimitive && !field.FieldType.IsPointer && !field.FieldType.IsByRefLike && field.GetValue(next) is { } value)
                    {
                        open.Push(value);
                    }
                }
            }
        }

        return found;
    }

    private static void Push(Stack<object> open, IEnumerable elements)
    {
        foreach (object? element in elements)
        {
            if (element is not null)
            {
                open.Push(element);
            }
        }
    }

    private static bool IsOf(object found, Type generic) => found.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == generic;

    private static object? ValueOf(object owner, string field) =>
        owner.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(owner);

    private sealed class Entries : IDirectorySink
    {
        public List<NodeId> Nodes { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (entry.Name is not [(byte)'.'] and not [(byte)'.', (byte)'.'])
            {
                Nodes.Add(entry.Node);
            }

            return true;
        }
    }
}
