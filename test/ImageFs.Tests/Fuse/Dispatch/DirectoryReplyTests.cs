using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Fuse.Dispatch;

/// <summary>READDIR and READDIRPLUS: records as the kernel wants them, positions that stay good.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DirectoryReplyTests
{
    private readonly FakeTransport _transport = new();
    private readonly TestTree _tree = new();
    private readonly List<string> _log = [];

    [TestCase(FuseOpcode.Readdir, 100u)]
    [TestCase(FuseOpcode.Readdir, 4096u)]
    [TestCase(FuseOpcode.Readdirplus, 200u)]
    [TestCase(FuseOpcode.Readdirplus, 65536u)]
    public void All_entries_come_once_whatever_the_size(FuseOpcode opcode, uint size)
    {
        string[] names = [.. Enumerable.Range(0, 500).Select(i => new string('n', (i % 40) + 1) + i)];
        foreach (string name in names)
        {
            _tree.AddDirectory(name);
        }

        List<Entry> entries = [];
        ulong position = 0;
        while (true)
        {
            FakeReply reply = Ask(opcode, position, size);
            Assert.That(reply.Error, Is.EqualTo(Errno.None));
            Assert.That(reply.Bytes, Has.Length.LessThanOrEqualTo(size));
            if (reply.Bytes.Length == 0)
            {
                break;
            }

            entries.AddRange(Parse(reply.Bytes, opcode));
            position = entries[^1].Position;
        }

        Assert.That(entries.Select(entry => entry.Name), Is.EqualTo((string[])[".", "..", .. names]));
        Assert.That(entries.Select(entry => entry.Type), Is.All.EqualTo(4));
    }

    [Test]
    public void Positions_can_be_returned_to()
    {
        for (int i = 0; i < 1000; i++)
        {
            _tree.AddDirectory($"d{i}");
        }

        List<Entry> all = Parse(Ask(FuseOpcode.Readdir, 0, 65536).Bytes, FuseOpcode.Readdir);
        Assert.That(Parse(Ask(FuseOpcode.Readdir, all[500].Position, 4096).Bytes, FuseOpcode.Readdir)[0], Is.EqualTo(all[501]));
        Assert.That(Parse(Ask(FuseOpcode.Readdir, all[10].Position, 4096).Bytes, FuseOpcode.Readdir)[0], Is.EqualTo(all[11]));
        Assert.That(Parse(Ask(FuseOpcode.Readdir, 0, 4096).Bytes, FuseOpcode.Readdir)[0], Is.EqualTo(all[0]));
    }

    [Test]
    public void Plus_has_attributes_but_not_of_dots()
    {
        ulong id = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        List<Entry> entries = Parse(Ask(FuseOpcode.Readdirplus, 0, 4096).Bytes, FuseOpcode.Readdirplus);
        Assert.That(entries.Select(entry => entry.NodeId), Is.EqualTo(new ulong[] { 0, 0, id }));
        Assert.That(entries[2].Size, Is.EqualTo(5));
    }

    [Test]
    public void A_damaged_node_does_not_hide_the_others()
    {
        ulong damaged = _tree.AddDirectory("damaged");
        ulong sound = _tree.AddDirectory("sound");
        _tree.Damage(damaged, new InvalidImageException("inode", 0, "no"));
        List<Entry> entries = Parse(Ask(FuseOpcode.Readdirplus, 0, 4096).Bytes, FuseOpcode.Readdirplus);
        Assert.That(entries.Select(entry => (entry.Name, entry.NodeId)), Is.EqualTo(new[] { (".", 0UL), ("..", 0UL), ("damaged", 0UL), ("sound", sound) }));
        Assert.That(_log, Has.Count.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("a/b")]
    [TestCase("a\0b")]
    [TestCase("*1025")]
    public void A_name_that_the_kernel_refuses_is_left_out(string name)
    {
        _tree.AddDirectory(name.StartsWith('*') ? new string('x', 1025) : name);
        _tree.AddDirectory("sound");
        List<Entry> entries = Parse(Ask(FuseOpcode.Readdir, 0, 4096).Bytes, FuseOpcode.Readdir);
        Assert.That(entries.Select(entry => entry.Name), Is.EqualTo(new[] { ".", "..", "sound" }));
        Assert.That(_log, Has.Count.EqualTo(1));
    }

    [Test]
    public void Room_for_no_entry_is_not_the_end() => Assert.That(Ask(FuseOpcode.Readdirplus, 0, 24).Error, Is.EqualTo(Errno.EINVAL));

    private static List<Entry> Parse(byte[] reply, FuseOpcode opcode)
    {
        List<Entry> entries = [];
        for (ReadOnlySpan<byte> rest = reply; rest.Length > 0;)
        {
            FuseDirentplus head = default;
            int headSize = Unsafe.SizeOf<FuseDirent>();
            if (opcode == FuseOpcode.Readdirplus)
            {
                headSize = Unsafe.SizeOf<FuseDirentplus>();
                head = MemoryMarshal.Read<FuseDirentplus>(rest);
            }
            else
            {
                head.Dirent = MemoryMarshal.Read<FuseDirent>(rest);
            }

            int length = (int)head.Dirent.Namelen;
            entries.Add(new Entry(
                Encoding.UTF8.GetString(rest.Slice(headSize, length)),
                head.Dirent.Off,
                head.Dirent.Type,
                head.EntryOut.Nodeid,
                head.EntryOut.Attr.Size));
            rest = rest[((headSize + length + 7) / 8 * 8)..];
        }

        return entries;
    }

    private FakeReply Ask(FuseOpcode opcode, ulong position, uint size)
    {
        var options = new FuseMountOptions { MountPoint = "/nowhere", Source = "test", Log = _log.Add };
        var dispatcher = new FuseDispatcher(new FuseService(_tree, options), _transport, new WorkerCounters());
        _transport.Replies.Clear();
        dispatcher.Serve(FakeTransport.Request(opcode, FuseProtocol.RootId, new FuseReadIn { Offset = position, Size = size }));
        return _transport.Replies.Single();
    }

    private sealed record Entry(string Name, ulong Position, uint Type, ulong NodeId, ulong Size);
}
