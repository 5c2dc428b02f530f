using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Fuse.Session;
using ImageFs.Linux;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tests.Fuse;
using ImageFs.Tree;

namespace ImageFs.Tests.Program;

/// <summary>Managed memory that requests for metadata allocate, from the request's bytes to the reply's, with each format.</summary>
public sealed class MetadataAllocationTests
{
    private const int Requests = 1000;

    // Bytes for a request, at most; and for an entry of READDIRPLUS. They are what it takes today, compiled as by Native AOT; wanted is 0.
    [TestCase("rockridge", "iso", 0, 0, 0, 1)]
    [TestCase("joliet", "iso", 0, 0, 0, 4)]
    [TestCase("ext/ext4", "img", 0, 0, 0, 2)]
    [TestCase("ext/hash-half_md4", "img", 0, 0, 0, 8)]
    [TestCase("fat/fat32", "img", 0, 0, 0, 3)]
    [TestCase("udf/hd201", "img", 1730, 1730, 0, 175)]
    [TestCase("udf/hd102", "img", 1730, 1730, 0, 175)]
    [TestCase("exfat/filled", "img", 0, 0, 0, 4)]
    public void Requests_allocate_little(string image, string extension, int lookup, int missing, int getattr, int entry)
    {
        FileSystem tree = VolumeFixture.Open(VolumeFixture.Load(image, extension));
        var names = new Names();
        tree.ReadDirectory(tree.Root, 0, names);
        (byte[] name, ulong node) = names.Found.Last(found => found.Name is not [(byte)'.', ..]);

        using FileDescriptor nowhere = Files.Open("/dev/null", OpenFlags.ReadWrite);
        using var channel = new FuseChannel(nowhere, new ReplyPolicy(null));
        var counters = new WorkerCounters();
        var options = new FuseMountOptions { MountPoint = "/nowhere", Source = "test" };
        var dispatcher = new FuseDispatcher(new FuseService(tree, options), channel, counters);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Of(FakeTransport.Request(FuseOpcode.Lookup, FuseProtocol.RootId, [.. name, 0])), Is.LessThanOrEqualTo(lookup), "LOOKUP");
            Assert.That(Of(FakeTransport.Request(FuseOpcode.Lookup, FuseProtocol.RootId, "no such name\0"u8)), Is.LessThanOrEqualTo(missing), "LOOKUP of no name");
            Assert.That(Of(FakeTransport.Request(FuseOpcode.Getattr, node, ReadOnlySpan<byte>.Empty)), Is.LessThanOrEqualTo(getattr), "GETATTR");
            Assert.That(
                Of(FakeTransport.Request(FuseOpcode.Readdirplus, FuseProtocol.RootId, new FuseReadIn { Size = 65536 })) / names.Found.Count,
                Is.LessThanOrEqualTo(entry),
                "READDIRPLUS, for an entry");
        }

        Assert.That(WorkerCounters.Sum([counters]).Errors, Is.Empty);

        // Everything is in the caches by then.
        double Of(byte[] request)
        {
            Serve(request);
            return (double)Allocations.Of(() => Serve(request)) / Requests;
        }

        void Serve(byte[] request)
        {
            for (int i = 0; i < Requests; i++)
            {
                dispatcher.Serve(request);
            }
        }
    }

    private sealed class Names : IDirectorySink
    {
        public List<(byte[] Name, ulong Node)> Found { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Found.Add((entry.Name.ToArray(), entry.Node.Value));
            return true;
        }
    }
}
