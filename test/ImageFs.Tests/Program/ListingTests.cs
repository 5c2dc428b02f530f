using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tests.Fuse;
using ImageFs.Tests.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.Program;

/// <summary>Listings with attributes: an entry tells what its node does, for less; and what will be needed is asked of the device before.</summary>
public sealed class ListingTests
{
    // Looks into the cache for the attributes of a file, at most, of which the directory's record tells all; and how many are such.
    [TestCase("rockridge", "iso", 1)]
    [TestCase("joliet", "iso", 0)]
    [TestCase("fat/fat32", "img", 0)]
    [TestCase("exfat/filled", "img", 0)]
    [TestCase("ext/ext4", "img", int.MaxValue)]
    [TestCase("udf/hd201", "img", int.MaxValue)]
    public void An_entry_tells_what_its_node_does(string image, string extension, int maxLooks)
    {
        FileSystem fileSystem = VolumeFixture.Open(VolumeFixture.Load(image, extension));
        var sink = new ComparingSink(fileSystem);
        sink.Walk(fileSystem.Root);
        Assert.That(sink.Compared, Is.GreaterThan(5));
        Assert.That(sink.Files, maxLooks == int.MaxValue ? Is.Zero : Is.GreaterThan(1));
        Assert.That(sink.Looks, Is.LessThanOrEqualTo(sink.Files * (long)maxLooks));
    }

    [TestCase("ext/ext4", "img", true)]
    [TestCase("fat/fat32", "img", false)]
    public void Who_serves_a_walk_has_its_directories_read_ahead_each_once(string image, string extension, bool whenDescribed)
    {
        var device = new TestDevice(VolumeFixture.Load(image, extension));
        FileSystem fileSystem = VolumeFixture.Open(device);
        List<NodeId> directories = Directories(fileSystem, out int besideOthers);
        Assert.That(device.Prefetched, Is.Empty, "the tree itself does it for nobody");

        // A file system that knows no directory yet.
        fileSystem = VolumeFixture.Open(device);
        var options = new FuseMountOptions { MountPoint = "/nowhere", Source = "test" };
        var dispatcher = new FuseDispatcher(new FuseService(fileSystem, options), new FakeTransport(), new WorkerCounters());
        foreach (NodeId directory in directories)
        {
            ulong id = directory == fileSystem.Root ? FuseProtocol.RootId : directory.Value;
            dispatcher.Serve(FakeTransport.Request(FuseOpcode.Getattr, id, ReadOnlySpan<byte>.Empty));
            dispatcher.Serve(FakeTransport.Request(FuseOpcode.Readdirplus, id, new FuseReadIn { Size = 65536 }));
        }

        Assert.That(device.Prefetched, Is.Unique);

        // The root may be known since the file system was opened.
        Assert.That(device.Prefetched, Has.Count.InRange(whenDescribed ? directories.Count - 1 : besideOthers, whenDescribed ? directories.Count : besideOthers));
    }

    // All directories, the upper ones first; and how many have others beside them.
    private static List<NodeId> Directories(FileSystem fileSystem, out int besideOthers)
    {
        List<NodeId> found = [fileSystem.Root];
        besideOthers = 0;
        for (int i = 0; i < found.Count; i++)
        {
            var sink = new DirectorySink(fileSystem);
            fileSystem.ReadDirectory(found[i], 0, sink);
            found.AddRange(sink.Found);
            besideOthers += sink.Found.Count > 1 ? sink.Found.Count : 0;
        }

        return found;
    }

    private static bool IsDot(in DirectoryEntry entry) => entry.Name is [(byte)'.'] or [(byte)'.', (byte)'.'];

    private sealed class DirectorySink(FileSystem fileSystem) : IDirectorySink
    {
        public List<NodeId> Found { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (!IsDot(in entry) && fileSystem.GetAttributes(entry.Node).Type == NodeType.Directory)
            {
                Found.Add(entry.Node);
            }

            return true;
        }
    }

    private sealed class ComparingSink(FileSystem fileSystem) : IDirectorySink
    {
        private readonly List<NodeId> _directories = [];

        public int Compared { get; private set; }

        public int Files { get; private set; }

        public long Looks { get; private set; }

        public void Walk(NodeId root)
        {
            _directories.Add(root);
            for (int i = 0; i < _directories.Count; i++)
            {
                fileSystem.ReadDirectory(_directories[i], 0, this);
            }
        }

        public bool Add(in DirectoryEntry entry)
        {
            CacheCounts before = CacheCounts.OfThread;
            NodeAttributes attributes = fileSystem.GetAttributes(in entry);
            CacheCounts after = CacheCounts.OfThread;
            Assert.That(attributes, Is.EqualTo(fileSystem.GetAttributes(entry.Node)));
            Compared++;
            if (attributes.Type == NodeType.Directory)
            {
                if (!IsDot(in entry))
                {
                    _directories.Add(entry.Node);
                }
            }
            else if (!entry.Record.IsEmpty)
            {
                Files++;
                Looks += after.Hits + after.Misses - before.Hits - before.Misses;
            }

            return true;
        }
    }
}
