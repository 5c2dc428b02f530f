using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;

namespace ImageFs.MountTests.Session;

/// <summary>What system calls on a mount answer, and how often the session is asked at all.</summary>
[TestFixture(FuseTransport.Device)]
[TestFixture(FuseTransport.Ring)]
public sealed class SessionTreeTests(FuseTransport transport) : FuseDeviceFixture(transport)
{
    private const int ManyNames = 100_000;

    private const string SeekScript =
        """
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        class Entry(ctypes.Structure):
            _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("len", ctypes.c_ushort), ("type", ctypes.c_ubyte), ("name", ctypes.c_char * 256)]
        libc.opendir.restype = ctypes.c_void_p
        libc.readdir.restype = ctypes.POINTER(Entry)
        libc.telldir.restype = ctypes.c_long
        for call in (libc.readdir, libc.telldir, libc.rewinddir, libc.closedir): call.argtypes = [ctypes.c_void_p]
        libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
        def read(d):
            e = libc.readdir(d)
            return e.contents.name if e else None
        def read_all(d):
            names, places = [], []
            while True:
                place = libc.telldir(d)
                name = read(d)
                if name is None: return names, places
                names.append(name); places.append(place)
        d = libc.opendir(sys.argv[1].encode())
        names, places = read_all(d)
        assert len(names) == len(set(names)) == int(sys.argv[2]) + 2, len(names)
        for i in list(range(0, len(names), 7919)) + [len(names) - 1, 0, 1, 2]:
            libc.seekdir(d, places[i])
            assert read(d) == names[i], i
        libc.rewinddir(d)
        assert read_all(d)[0] == names
        libc.seekdir(d, places[50000])
        assert read_all(d)[0] == names[50000:]
        libc.closedir(d)
        print("good")
        """;

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_directory_of_many_names_can_be_seeked_in([Values] bool withAttributes)
    {
        var tree = new TestTree();
        ulong directory = tree.AddDirectory("many");
        for (int i = 0; i < ManyNames; i++)
        {
            tree.AddFile($"name {i}", new MemorySource(default), directory);
        }

        using var mount = Mount(tree);
        string path = $"{mount.Directory}/many";
        Assert.That(Shell.Output($"ls {(withAttributes ? "-l" : string.Empty)} '{path}' | grep -c name"), Is.EqualTo($"{ManyNames}"));
        Assert.That(Shell.Output($"python3 - '{path}' {ManyNames} <<'END'\n{SeekScript}\nEND"), Is.EqualTo("good"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Holes_are_found_by_seeking()
    {
        using var image = new TestImage(100_000);
        ExtentMap map = new ExtentMapBuilder().Append(8192, ExtentKind.Hole).AppendMapped(4096, 0).Append(12288, ExtentKind.Hole).Build();
        var tree = new TestTree();
        tree.AddFile("sparse", new MappedSource(image.Device, map));
        using var mount = Mount(tree);
        string answer = Shell.Output(
            $"""
            python3 - '{mount.Directory}/sparse' <<'END'
            import os, sys
            f = os.open(sys.argv[1], os.O_RDONLY)
            def seek(at, how):
                try: return os.lseek(f, at, how)
                except OSError as e: return os.strerror(e.errno)
            print([seek(0, os.SEEK_DATA), seek(8192, os.SEEK_HOLE), seek(0, os.SEEK_HOLE), seek(12288, os.SEEK_DATA), seek(99999, os.SEEK_HOLE)])
            END
            """);
        Assert.That(answer, Is.EqualTo("[8192, 12288, 0, 'No such device or address', 'No such device or address']"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Extended_attributes_are_there()
    {
        var tree = new TestTree { WithExtendedAttributes = true };
        ulong file = tree.AddFile("f", new MemorySource(default));
        tree.SetAttribute(file, "user.colour", "blue"u8.ToArray());
        using var mount = Mount(tree);
        string answer = Shell.Output(
            $"python3 -c \"import os; f = '{mount.Directory}/f'; print(os.listxattr(f), os.getxattr(f, 'user.colour'))\"");
        Assert.That(answer, Is.EqualTo("['user.colour'] b'blue'"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Nobody_asks_twice()
    {
        var tree = new TestTree();
        tree.AddFile("f", new MemorySource("hello"u8.ToArray()));
        tree.AddLink("l", "f");
        using var mount = Mount(tree);
        string script =
            $"""
            cd '{mount.Directory}'
            for i in 1 2 3 4 5; do
                cat l; ls -l . > /dev/null; stat f > /dev/null; test -e none; test -x f; python3 -c 'import os; os.listxattr("f")' 2> /dev/null || true
            done
            """;
        Shell.Output(script);
        FuseCounters first = mount.Session.Counters;
        Shell.Output(script);
        FuseCounters second = mount.Session.Counters;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Requests.GetValueOrDefault(FuseOpcode.Open), Is.EqualTo(1));
            Assert.That(first.Requests.GetValueOrDefault(FuseOpcode.Opendir), Is.EqualTo(1));
            Assert.That(first.Requests.GetValueOrDefault(FuseOpcode.Read), Is.EqualTo(1));
            Assert.That(first.Requests.GetValueOrDefault(FuseOpcode.Readlink), Is.EqualTo(1));
            Assert.That(first.Requests.Keys, Has.None.AnyOf(FuseOpcode.Release, FuseOpcode.Releasedir, FuseOpcode.Readdir));
            Assert.That(second.Requests, Is.EqualTo(first.Requests), "the second time nothing reaches the session");
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_damaged_file_does_not_take_down_its_neighbours()
    {
        using var image = new TestImage(100_000);
        var tree = new TestTree();
        tree.AddFile("sound", image.Layout((0, 1000)));
        tree.AddFile("cut", image.Layout((0, 8192), (90_000, 20_000)));
        tree.Damage(tree.AddFile("damaged", image.Layout((0, 1000))), new InvalidImageException("inode", 0x40, "no"));
        using var mount = Mount(tree);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Shell.Output($"ls '{mount.Directory}' | sort | tr '\\n' ' '"), Is.EqualTo("cut damaged sound "));
            Assert.That(Shell.Run($"ls -l '{mount.Directory}'").Output, Does.Contain("sound"));
            Assert.That(Shell.Run($"ls -l '{mount.Directory}'").Error, Does.Contain("Structure needs cleaning").And.Not.Contain("sound"));
            Assert.That(Shell.Output($"wc -c < '{mount.Directory}/sound'"), Is.EqualTo("1000"));
            (int exitCode, string output, string error) = Shell.Run($"cat '{mount.Directory}/cut' | wc -c");
            Assert.That(error, Does.Contain("Input/output error"), "never a file that ends early without a word");
        }
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Birth_times_are_shown()
    {
        var tree = new TestTree { WithBirthTimes = true };
        tree.AddFile("f", new MemorySource(default));
        using var mount = Mount(tree);
        Assert.That(Shell.Output($"stat -c %W '{mount.Directory}/f'"), Is.EqualTo("86400"));
        Assert.That(Shell.Output($"stat -f -c '%T %S %l' '{mount.Directory}'"), Is.EqualTo("fuseblk 2048 255"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void File_handles_survive_the_cache()
    {
        var tree = new TestTree();
        ulong directory = tree.AddDirectory("d");
        tree.AddFile("f", new MemorySource("hello"u8.ToArray()), tree.AddDirectory("e", directory));
        using var mount = Mount(tree);
        string answer = Shell.Output(
            $"""
            python3 - '{mount.Directory}' <<'END'
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            class Handle(ctypes.Structure):
                _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]
            handle, mount = Handle(128), ctypes.c_int()
            name = (sys.argv[1] + "/d/e/f").encode()
            assert libc.name_to_handle_at(-100, name, ctypes.byref(handle), ctypes.byref(mount), 0) == 0, os.strerror(ctypes.get_errno())
            with open("/proc/sys/vm/drop_caches", "w") as f: f.write("2")
            root = os.open(sys.argv[1], os.O_RDONLY)
            f = libc.open_by_handle_at(root, ctypes.byref(handle), os.O_RDONLY)
            assert f >= 0, os.strerror(ctypes.get_errno())
            print(os.read(f, 10).decode())
            END
            """);
        Assert.That(answer, Is.EqualTo("hello"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void The_status_can_be_asked_for()
    {
        using var mount = Mount(new TestTree(), options => options with { Status = () => /*lang=json,strict*/ """{"a":1}""" });
        Assert.That(FuseStatus.Query(mount.Directory), Is.EqualTo("""{"a":1}"""));
        Assert.That(() => FuseStatus.Query("/tmp"), Throws.TypeOf<FuseMountException>().With.Message.Contains("not an imagefs mount"));
        Assert.That(() => FuseStatus.Query("/etc/passwd"), Throws.TypeOf<FuseMountException>().With.Message.Contains("not an imagefs mount"));
        Assert.That(() => FuseStatus.Query("/nonexistent"), Throws.TypeOf<FuseMountException>());
    }
}
