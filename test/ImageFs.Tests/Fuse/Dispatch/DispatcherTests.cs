using System.Text;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Fuse.Dispatch;

/// <summary>Request bytes in, reply bytes out, for every opcode.</summary>
public sealed class DispatcherTests
{
    private readonly List<string> _log = [];
    private FakeTransport _transport = null!;
    private WorkerCounters _counters = null!;
    private FuseDispatcher _dispatcher = null!;
    private TestTree _tree = null!;

    private static FuseOpcode[] WriteOpcodes =>
    [
        FuseOpcode.Setattr, FuseOpcode.Symlink, FuseOpcode.Mknod, FuseOpcode.Mkdir, FuseOpcode.Unlink, FuseOpcode.Rmdir,
        FuseOpcode.Rename, FuseOpcode.Rename2, FuseOpcode.Link, FuseOpcode.Write, FuseOpcode.Create, FuseOpcode.Tmpfile,
        FuseOpcode.Setxattr, FuseOpcode.Removexattr, FuseOpcode.Fallocate, FuseOpcode.CopyFileRange, FuseOpcode.CopyFileRange64,
    ];

    private static FuseOpcode[] UnimplementedOpcodes =>
    [
        FuseOpcode.Open, FuseOpcode.Opendir, FuseOpcode.Flush, FuseOpcode.Fsync, FuseOpcode.Fsyncdir, FuseOpcode.Access,
        FuseOpcode.Interrupt, FuseOpcode.Bmap, FuseOpcode.Poll, FuseOpcode.Getlk, FuseOpcode.Setlk, FuseOpcode.Setlkw,
        FuseOpcode.Syncfs, FuseOpcode.Setupmapping, FuseOpcode.Removemapping, FuseOpcode.NotifyReply, (FuseOpcode)4095,
        unchecked((FuseOpcode)uint.MaxValue),
    ];

    private static FuseOpcode[] OpcodesWithArguments =>
    [
        FuseOpcode.Lookup, FuseOpcode.Read, FuseOpcode.Readdir, FuseOpcode.Readdirplus, FuseOpcode.Lseek, FuseOpcode.Getxattr,
        FuseOpcode.Listxattr, FuseOpcode.Ioctl, FuseOpcode.Init,
    ];

    [SetUp]
    public void MakeDispatcher() => Use(new TestTree { WithBirthTimes = true, WithExtendedAttributes = true });

    [Test]
    public void Lookup_finds_a_name()
    {
        ulong id = _tree.AddFile("a.txt", new MemorySource("hello"u8.ToArray()));
        FuseEntryOut entry = Ask(FuseOpcode.Lookup, 1, "a.txt\0"u8).As<FuseEntryOut>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Nodeid, Is.EqualTo(id));
            Assert.That(entry.Generation, Is.Zero);
            Assert.That(entry.EntryValid, Is.GreaterThan(86400));
            Assert.That(entry.AttrValid, Is.GreaterThan(86400));
            Assert.That(entry.Attr.Size, Is.EqualTo(5));
        }
    }

    [Test]
    public void Lookup_of_an_absent_name_is_cached()
    {
        FuseEntryOut entry = Ask(FuseOpcode.Lookup, 1, "none\0"u8).As<FuseEntryOut>();
        Assert.That(entry.Nodeid, Is.Zero);
        Assert.That(entry.EntryValid, Is.GreaterThan(86400));
    }

    [Test]
    public void Lookup_of_a_name_that_none_can_have_is_refused()
    {
        byte[] name = [.. Enumerable.Repeat((byte)'n', 256), 0];
        Assert.That(Ask(FuseOpcode.Lookup, 1, name).Error, Is.EqualTo(Errno.ENAMETOOLONG));
        Assert.That(Ask(FuseOpcode.Lookup, 1, name.AsSpan(1)).As<FuseEntryOut>().Nodeid, Is.Zero, "255 bytes are a name");

        string found = new('f', 256);
        ulong id = _tree.AddFile(found, new MemorySource(default));
        Assert.That(Ask(FuseOpcode.Lookup, 1, Encoding.UTF8.GetBytes($"{found}\0")).As<FuseEntryOut>().Nodeid, Is.EqualTo(id), "in UTF-8 a name may have more");
    }

    [Test]
    public void Lookup_of_dots_brings_back_nodes()
    {
        ulong directory = _tree.AddDirectory("d");
        ulong inner = _tree.AddDirectory("inner", directory);
        ulong file = _tree.AddFile("f", new MemorySource(default), inner);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ask(FuseOpcode.Lookup, file, ".\0"u8).As<FuseEntryOut>().Nodeid, Is.EqualTo(file));
            Assert.That(Ask(FuseOpcode.Lookup, inner, "..\0"u8).As<FuseEntryOut>().Nodeid, Is.EqualTo(directory));
            Assert.That(Ask(FuseOpcode.Lookup, 1, "..\0"u8).As<FuseEntryOut>().Nodeid, Is.EqualTo(1));
            Assert.That(Ask(FuseOpcode.Lookup, 999, ".\0"u8).Error, Is.EqualTo(Errno.EUCLEAN));
        }
    }

    [Test]
    public void Getattr_gives_attributes()
    {
        FuseAttrOut attributes = Ask(FuseOpcode.Getattr, 1, new byte[16]).As<FuseAttrOut>();
        Assert.That(attributes.Attr.Mode, Is.EqualTo(0x41ED));
        Assert.That(attributes.AttrValid, Is.GreaterThan(86400));
    }

    [Test]
    public void Statx_gives_the_birth_time()
    {
        FuseStatxOut answer = Ask(FuseOpcode.Statx, 1, new byte[24]).As<FuseStatxOut>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Stat.Mask, Is.EqualTo(0xFFF));
            Assert.That(answer.Stat.Btime.TvSec, Is.EqualTo(86400));
            Assert.That(answer.Stat.Mtime.TvSec, Is.EqualTo(1_000_000_000));
            Assert.That(answer.Stat.Mode, Is.EqualTo(0x41ED));
        }
    }

    [Test]
    public void What_the_format_does_not_have_is_asked_for_once()
    {
        Use(new TestTree());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ask(FuseOpcode.Statx, 1, new byte[24]).Error, Is.EqualTo(Errno.ENOSYS));
            Assert.That(Ask(FuseOpcode.Getxattr, 1, "\0\0\0\0\0\0\0\0user.a\0"u8).Error, Is.EqualTo(Errno.ENOSYS));
            Assert.That(Ask(FuseOpcode.Listxattr, 1, new byte[8]).Error, Is.EqualTo(Errno.ENOSYS));
        }
    }

    [Test]
    public void Readlink_gives_the_target()
    {
        ulong link = _tree.AddLink("l", "../target");
        Assert.That(Ask(FuseOpcode.Readlink, link, default).Bytes, Is.EqualTo("../target"u8.ToArray()));
    }

    [TestCase(0, 5, "hello")]
    [TestCase(1, 3, "ell")]
    [TestCase(3, 4096, "lo")]
    [TestCase(5, 1, "")]
    [TestCase(long.MaxValue, 4096, "")]
    [TestCase(0, 0, "")]
    public void Read_ends_at_the_end_of_the_file(long offset, int size, string expected)
    {
        ulong file = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        FakeReply reply = Read(file, (ulong)offset, (uint)size);
        Assert.That(reply.Error, Is.EqualTo(Errno.None));
        Assert.That(Encoding.UTF8.GetString(reply.Bytes), Is.EqualTo(expected));
    }

    [Test]
    public void Read_of_what_cannot_be_read_is_an_error_never_short()
    {
        using var image = new TestImage(10_000);
        ulong file = _tree.AddFile("f", image.Layout((0, 8192), (9000, 5000)));
        Assert.That(Read(file, 0, 16384).Error, Is.EqualTo(Errno.EIO));
        Assert.That(Read(file, 0, 4096).Bytes, Is.EqualTo(image.Bytes[..4096]), "what is there can be read");
    }

    [Test]
    public void Read_beyond_all_bounds_is_malformed()
    {
        ulong file = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        Assert.That(Read(file, 1UL << 63, 4096).Error, Is.EqualTo(Errno.EINVAL));
        Assert.That(Read(file, 0, uint.MaxValue).Error, Is.EqualTo(Errno.EINVAL), "more than a reply holds would come out short");
    }

    [Test]
    public void Files_are_opened_once()
    {
        int opened = 0;
        _tree.OnOpenFile = _ => opened++;
        ulong file = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        for (int i = 0; i < 10; i++)
        {
            Read(file, 0, 5);
        }

        Assert.That(opened, Is.EqualTo(1));
    }

    [TestCase(3u, 0, 0)]
    [TestCase(4u, 0, 100)]
    [TestCase(3u, 100, 300)]
    [TestCase(4u, 100, 100)]
    [TestCase(3u, 350, 350)]
    [TestCase(4u, 350, 400)]
    [TestCase(3u, 400, -1)]
    [TestCase(4u, 450, 450)]
    [TestCase(3u, 500, -1)]
    [TestCase(4u, 500, -1)]
    public void Lseek_finds_data_and_holes(uint whence, long offset, long expected)
    {
        using var image = new TestImage(4096);
        ExtentMap map = new ExtentMapBuilder().AppendMapped(100, 0).Append(200, ExtentKind.Hole).AppendMapped(50, 0)
            .AppendMapped(50, 1000).Append(100, ExtentKind.Unwritten).Build();
        ulong file = _tree.AddFile("f", new MappedSource(image.Device, map));
        FakeReply reply = Ask(FuseOpcode.Lseek, file, new FuseLseekIn { Offset = (ulong)offset, Whence = whence });
        if (expected < 0)
        {
            Assert.That(reply.Error, Is.EqualTo(Errno.ENXIO));
        }
        else
        {
            Assert.That(reply.As<FuseLseekOut>().Offset, Is.EqualTo((ulong)expected));
        }
    }

    [Test]
    public void Lseek_finds_the_end_after_data()
    {
        ulong file = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        FakeReply reply = Ask(FuseOpcode.Lseek, file, new FuseLseekIn { Offset = 2, Whence = 4 });
        Assert.That(reply.As<FuseLseekOut>().Offset, Is.EqualTo(5));
        Assert.That(Ask(FuseOpcode.Lseek, file, new FuseLseekIn { Whence = 0 }).Error, Is.EqualTo(Errno.EINVAL));
    }

    [Test]
    public void Statfs_gives_sizes()
    {
        FuseKstatfs sizes = Ask(FuseOpcode.Statfs, 1, default).As<FuseKstatfs>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sizes.Bsize, Is.EqualTo(2048));
            Assert.That(sizes.Frsize, Is.EqualTo(2048));
            Assert.That(sizes.Blocks, Is.EqualTo(1000));
            Assert.That(sizes.Namelen, Is.EqualTo(255));
        }
    }

    [Test]
    public void Extended_attributes()
    {
        _tree.SetAttribute(1, "user.a", "value"u8.ToArray());
        _tree.SetAttribute(1, "user.bc", []);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Xattr("user.a\0"u8, 0).As<FuseGetxattrOut>().Size, Is.EqualTo(5));
            Assert.That(Xattr("user.a\0"u8, 5).Bytes, Is.EqualTo("value"u8.ToArray()));
            Assert.That(Xattr("user.a\0"u8, 4).Error, Is.EqualTo(Errno.ERANGE));
            Assert.That(Xattr("user.z\0"u8, 100).Error, Is.EqualTo(Errno.ENODATA));
            Assert.That(List(0).As<FuseGetxattrOut>().Size, Is.EqualTo(15));
            Assert.That(List(15).Bytes, Is.EqualTo("user.a\0user.bc\0"u8.ToArray()));
            Assert.That(List(14).Error, Is.EqualTo(Errno.ERANGE));
        }

        FakeReply Xattr(ReadOnlySpan<byte> name, uint size) => Ask(FuseOpcode.Getxattr, 1, new FuseGetxattrIn { Size = size }, name);
        FakeReply List(uint size) => Ask(FuseOpcode.Listxattr, 1, new FuseGetxattrIn { Size = size });
    }

    [Test]
    public void Forgets_have_no_reply()
    {
        _dispatcher.Serve(FakeTransport.Request(FuseOpcode.Forget, 1, new byte[8]));
        _dispatcher.Serve(FakeTransport.Request(FuseOpcode.BatchForget, 0, new byte[24]));
        Assert.That(_transport.Replies, Is.Empty);
    }

    [Test]
    public void Destroy_is_acknowledged() => Assert.That(Ask(FuseOpcode.Destroy, 0, default).Error, Is.EqualTo(Errno.None));

    [TestCaseSource(nameof(WriteOpcodes))]
    public void Writing_is_refused(FuseOpcode opcode) => Assert.That(Ask(opcode, 1, new byte[64]).Error, Is.EqualTo(Errno.EROFS));

    [TestCaseSource(nameof(UnimplementedOpcodes))]
    public void What_is_not_needed_is_not_implemented(FuseOpcode opcode) =>
        Assert.That(Ask(opcode, 1, new byte[64]).Error, Is.EqualTo(Errno.ENOSYS));

    [TestCaseSource(nameof(OpcodesWithArguments))]
    public void Too_short_arguments_are_malformed(FuseOpcode opcode)
    {
        Assert.That(Ask(opcode, 1, default).Error, Is.EqualTo(Errno.EINVAL));
        Assert.That(Ask(opcode, 1, "abc"u8).Error, Is.EqualTo(Errno.EINVAL), "a name without its NUL, or half a number");
    }

    [Test]
    public void Empty_names_are_malformed()
    {
        Assert.That(Ask(FuseOpcode.Lookup, 1, "\0"u8).Error, Is.EqualTo(Errno.EINVAL));
        Assert.That(Ask(FuseOpcode.Getxattr, 1, new byte[9]).Error, Is.EqualTo(Errno.EINVAL));
    }

    [Test]
    public void Messages_of_wrong_length_are_errors()
    {
        byte[] whole = FakeTransport.Request(FuseOpcode.Lookup, 1, "name\0"u8, unique: 77);
        for (int length = 0; length < whole.Length; length++)
        {
            _transport.Replies.Clear();
            _dispatcher.Serve(whole.AsSpan(0, length));
            FakeReply[] expected = length < 16 ? [] : [new FakeReply(77, Errno.EIO, [])];
            Assert.That(
                _transport.Replies.Select(reply => (reply.Unique, reply.Error)),
                Is.EqualTo(expected.Select(reply => (reply.Unique, reply.Error))),
                $"{length} bytes");
        }

        Assert.That(_transport.Replies, Is.Not.Empty);
    }

    [Test]
    public void Extensions_longer_than_the_message_are_errors()
    {
        byte[] message = FakeTransport.Request(FuseOpcode.Lookup, 1, "name\0"u8);
        message[36] = 200;
        _dispatcher.Serve(message);
        Assert.That(_transport.Replies.Single().Error, Is.EqualTo(Errno.EIO));
    }

    [Test]
    public void Exceptions_become_their_error_numbers_and_are_logged_once()
    {
        ulong damaged = _tree.AddDirectory("damaged");
        ulong unsupported = _tree.AddDirectory("unsupported");
        ulong broken = _tree.AddDirectory("broken");
        ulong defect = _tree.AddDirectory("defect");
        _tree.Damage(damaged, new InvalidImageException("directory record", 0x800, "too short"));
        _tree.Damage(unsupported, new UnsupportedFeatureException("encryption"));
        _tree.Damage(broken, new LinuxException("pread", Errno.EIO));
        _tree.Damage(defect, new InvalidOperationException("not thought of"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ask(FuseOpcode.Getattr, damaged, default).Error, Is.EqualTo(Errno.EUCLEAN));
            Assert.That(Ask(FuseOpcode.Getattr, damaged, default).Error, Is.EqualTo(Errno.EUCLEAN));
            Assert.That(Ask(FuseOpcode.Getattr, unsupported, default).Error, Is.EqualTo(Errno.EOPNOTSUPP));
            Assert.That(Ask(FuseOpcode.Getattr, broken, default).Error, Is.EqualTo(Errno.EIO));
            Assert.That(Ask(FuseOpcode.Getattr, defect, default).Error, Is.EqualTo(Errno.EIO));
            Assert.That(_log, Has.Count.EqualTo(4));
            Assert.That(_log[0], Does.Contain("node 2").And.Contain("directory record"));
        }
    }

    [Test]
    public void The_status_is_an_ioctl_of_the_root()
    {
        Use(_tree, () => /*lang=json,strict*/ """{"spliced":1}""");
        ulong file = _tree.AddDirectory("d");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ioctl(1, FuseStatus.Request, 16380).Bytes[16..], Is.EqualTo("""{"spliced":1}"""u8.ToArray()));
            Assert.That(BitConverter.ToInt32(Ioctl(1, FuseStatus.Request, 16380).Bytes), Is.EqualTo(13));
            Assert.That(Ioctl(1, FuseStatus.Request, 12).Error, Is.EqualTo(Errno.EOVERFLOW));
            Assert.That(Ioctl(file, FuseStatus.Request, 16380).Error, Is.EqualTo(Errno.ENOTTY));
            Assert.That(Ioctl(1, 0x5401, 16380).Error, Is.EqualTo(Errno.ENOTTY));
        }

        FakeReply Ioctl(ulong node, uint command, uint size) =>
            Ask(FuseOpcode.Ioctl, node, new FuseIoctlIn { Cmd = command, OutSize = size, Flags = FuseProtocol.IoctlOnDirectory });
    }

    [Test]
    public void Requests_and_replies_are_logged_when_asked_for()
    {
        Use(_tree, debug: true);
        Ask(FuseOpcode.Lookup, 1, "none\0"u8);
        Ask(FuseOpcode.Open, 1, new byte[8]);
        Assert.That(_log, Is.EqualTo(new[]
        {
            "unique: 2, opcode: LOOKUP (1), nodeid: 1, insize: 45, pid: 0",
            "   unique: 2, success, outsize: 144",
            "unique: 2, opcode: OPEN (14), nodeid: 1, insize: 48, pid: 0",
            "   unique: 2, error: -38 (Function not implemented), outsize: 16",
        }));
    }

    [Test]
    public void With_allow_root_nobody_but_root_and_the_owner_is_answered()
    {
        const uint stranger = 12345;
        Use(_tree, allowRoot: true);
        ulong file = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        FuseOpcode[] guarded = [FuseOpcode.Getattr, FuseOpcode.Open, FuseOpcode.Opendir, FuseOpcode.Access, FuseOpcode.Statfs, FuseOpcode.Lookup];
        using (Assert.EnterMultipleScope())
        {
            foreach (FuseOpcode opcode in guarded)
            {
                byte[] body = opcode == FuseOpcode.Lookup ? "f\0"u8.ToArray() : new byte[16];
                Assert.That(Serve(FakeTransport.Request(opcode, 1, body, user: stranger)).Error, Is.EqualTo(Errno.EACCES), $"{opcode}");
                Assert.That(Serve(FakeTransport.Request(opcode, 1, body, user: 0)).Error, Is.EqualTo(Errno.None), $"{opcode}");
                Assert.That(Serve(FakeTransport.Request(opcode, 1, body, user: Mounts.UserId)).Error, Is.EqualTo(Errno.None), $"{opcode}");
            }

            FakeReply found = Serve(FakeTransport.Request(FuseOpcode.Lookup, 1, "f\0"u8));
            Assert.That(found.As<FuseEntryOut>().EntryValid, Is.Zero, "the kernel asks each time");
            Assert.That(Read(file, 0, 5).Error, Is.EqualTo(Errno.None));
        }
    }

    [TestCase(Errno.ENOMEM, Errno.EIO)]
    [TestCase(Errno.EINVAL, Errno.EIO)]
    [TestCase(Errno.ENOENT)]
    [TestCase(Errno.ENODEV)]
    [TestCase(Errno.ECONNABORTED)]
    public void A_reply_that_the_kernel_does_not_take_is_followed_by_an_error_while_somebody_may_wait(Errno verdict, params Errno[] further)
    {
        _transport.Verdict = verdict;
        _dispatcher.Serve(FakeTransport.Request(FuseOpcode.Getattr, 1, new byte[16]));
        Assert.That(_transport.Replies.Skip(1).Select(reply => reply.Error), Is.EqualTo(further));
        Assert.That(_transport.Replies.Select(reply => reply.Unique), Is.All.EqualTo(2));
    }

    [Test]
    public void Counters_add_up()
    {
        ulong file = _tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        Read(file, 0, 5);
        Read(file, 0, 2);
        Ask(FuseOpcode.Open, file, new byte[8]);
        _transport.Verdict = Errno.ENODEV;
        Ask(FuseOpcode.Getattr, 1, default);
        FuseCounters counters = WorkerCounters.Sum([_counters, _counters]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(counters.Requests[FuseOpcode.Read], Is.EqualTo(4));
            Assert.That(counters.Replies[ReplyWay.Splice], Is.EqualTo(4));
            Assert.That(counters.ReplyBytes[ReplyWay.Splice], Is.EqualTo(14));
            Assert.That(counters.Errors, Is.EqualTo(new Dictionary<Errno, long> { [Errno.ENOSYS] = 2 }));
            Assert.That(counters.LostReplies, Is.EqualTo(2));
            Assert.That(counters.Fallbacks, Is.Empty);
        }
    }

    private void Use(TestTree tree, Func<string>? status = null, bool debug = false, bool allowRoot = false)
    {
        _log.Clear();
        _tree = tree;
        _transport = new FakeTransport();
        _counters = new WorkerCounters();
        var options = new FuseMountOptions
        {
            MountPoint = "/nowhere",
            Source = "test",
            Status = status,
            Log = _log.Add,
            Trace = debug ? _log.Add : null,
            AllowRoot = allowRoot,
        };
        _dispatcher = new FuseDispatcher(new FuseService(tree, options), _transport, _counters);
    }

    private FakeReply Ask<T>(FuseOpcode opcode, ulong nodeId, T arguments, ReadOnlySpan<byte> rest = default)
        where T : unmanaged => Serve(FakeTransport.Request(opcode, nodeId, arguments, rest));

    private FakeReply Ask(FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body) => Serve(FakeTransport.Request(opcode, nodeId, body));

    private FakeReply Read(ulong nodeId, ulong offset, uint size) =>
        Ask(FuseOpcode.Read, nodeId, new FuseReadIn { Offset = offset, Size = size });

    private FakeReply Serve(byte[] message)
    {
        _transport.Replies.Clear();
        _dispatcher.Serve(message);
        FakeReply reply = _transport.Replies.Single();
        Assert.That(reply.Unique, Is.EqualTo(2));
        return reply;
    }
}
