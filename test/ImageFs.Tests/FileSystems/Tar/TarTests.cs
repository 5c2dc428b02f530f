using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ImageFs.FileSystems.Tar;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Tar;

/// <summary>Archives that GNU tar wrote, and some made by hand.</summary>
internal sealed class TarTests
{
    private const int Block = 512;
    private static readonly string s_long = string.Join('/', Enumerable.Repeat("a directory with a name that is not short", 4));

    private DiskFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new DiskFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [TestCase("gnu")]
    [TestCase("oldgnu")]
    [TestCase("pax")]
    [TestCase("ustar")]
    [TestCase("v7")]
    public void An_archive_is_what_was_put_into_it(string format)
    {
        MakeTree(hasLongNames: format is not ("ustar" or "v7"));
        _folder.Run("tar", ["--create", $"--format={format}", "--file=a.tar", "--directory=tree", "."]);
        FileSystem files = Open("a.tar");
        int count = 0;
        foreach (string path in Directory.EnumerateFileSystemEntries(_folder["tree"], "*", SearchOption.AllDirectories))
        {
            count++;
            string relative = Path.GetRelativePath(_folder["tree"], path);
            NodeId parent = Path.GetDirectoryName(relative) is { Length: > 0 } above ? Find(files, above) : files.Root;
            Assert.That(files.TryLookup(parent, Encoding.UTF8.GetBytes(Path.GetFileName(relative)), out NodeId node), path);
            NodeAttributes attributes = files.GetAttributes(node);
            var info = new FileInfo(path);
            if (info.LinkTarget is { } target)
            {
                Assert.That((attributes.Type, Encoding.UTF8.GetString(files.ReadLink(node))), Is.EqualTo((NodeType.SymbolicLink, target)), path);
                continue;
            }

            bool isDirectory = Directory.Exists(path);
            Assert.That(attributes.Type, Is.EqualTo(isDirectory ? NodeType.Directory : NodeType.Regular), path);
            Assert.That(attributes.Permissions, Is.EqualTo((uint)File.GetUnixFileMode(path)), path);
            long ticks = (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks;
            Assert.That(attributes.ModifyTime.Seconds, Is.EqualTo(ticks / TimeSpan.TicksPerSecond), path);
            if (format == "pax")
            {
                Assert.That(attributes.ModifyTime.Nanoseconds / 100, Is.EqualTo(ticks % TimeSpan.TicksPerSecond), path);
            }

            if (!isDirectory)
            {
                Assert.That(Read(files, node), Is.EqualTo(File.ReadAllBytes(path)), path);
            }
        }

        Assert.That(Names(files, files.Root), Is.EquivalentTo(Directory.EnumerateFileSystemEntries(_folder["tree"]).Select(Path.GetFileName)));
        Assert.That(count, Is.GreaterThanOrEqualTo(8));
        Assert.That(Find(files, "hard"), Is.EqualTo(Find(files, "file")));
        Assert.That(files.GetAttributes(Find(files, "file")).LinkCount, Is.EqualTo(2));
        Assert.That(_folder.Warnings, Is.Empty);
    }

    [TestCase("gnu", "1.0")]
    [TestCase("pax", "0.0")]
    [TestCase("pax", "0.1")]
    [TestCase("pax", "1.0")]
    public void Files_with_holes_have_them(string format, string version)
    {
        byte[] bytes = new byte[4 << 20];
        for (int i = 1; i < 60; i++)
        {
            bytes.AsSpan(i * 65536, 4096).Fill((byte)i);
        }

        Directory.CreateDirectory(_folder["tree"]);
        File.WriteAllBytes(_folder["tree/whole"], bytes);
        _folder.Run("cp", ["--sparse=always", "tree/whole", "tree/holes"]);
        _folder.Run("tar", ["--create", $"--format={format}", "--sparse", $"--sparse-version={version}", "--hole-detection=raw", "--file=a.tar", "--directory=tree", "holes"]);
        Assert.That(new FileInfo(_folder["a.tar"]).Length, Is.LessThan(bytes.Length));
        FileSystem files = Open("a.tar");
        NodeId node = Find(files, "holes");
        BlockSource file = files.OpenFile(node);
        DiskAssert.Holds(file, bytes);
        Assert.That(DiskAssert.MapWhole(file).Select(extent => extent.Kind).Distinct(), Is.EquivalentTo([ExtentKind.Hole, ExtentKind.Mapped]));
        Assert.That(Names(files, files.Root), Is.EqualTo((string[])["holes"]));
    }

    [Test]
    public void Bytes_of_a_file_are_where_they_lie_in_the_archive()
    {
        byte[] archive = [.. Member("one", '0', "first"), .. Member("two", '0', "second"), .. End];
        FileSystem files = Open(archive);
        Assert.That(files.OpenFile(Find(files, "two")).Map(2, 100, out _), Is.EqualTo(Extent.Mapped(2, 4, (3 * Block) + 2)));
    }

    [Test]
    public void Directories_that_only_paths_tell_of_are_there()
    {
        FileSystem files = Open([.. Member("/a/./b//c", '0', "c"), .. Member("a/d", '0', "d"), .. Member("a/b/", '5', "", mode: "0700"), .. End]);
        Assert.That(Names(files, files.Root), Is.EqualTo((string[])["a"]));
        Assert.That(Names(files, Find(files, "a")), Is.EqualTo((string[])["b", "d"]));
        Assert.That(Text(files, "a/b/c"), Is.EqualTo("c"));
        Assert.That(files.GetAttributes(Find(files, "a")).Permissions, Is.EqualTo(0x1ED), "nothing says more of it");
        Assert.That(files.GetAttributes(Find(files, "a/b")).Permissions, Is.EqualTo(0x1C0));
        Assert.That(Find(files, "a/b/../../a/b/.."), Is.EqualTo(Find(files, "a")));
    }

    [Test]
    public void Of_two_with_one_name_the_later_one_counts_and_other_names_stay()
    {
        FileSystem files = Open(
        [
            .. Member("x", '0', "old"), .. Member("link", '1', "", link: "x"), .. Member("y", '0', "older"), .. Member("x", '0', "newest"), .. Member("y", '0', "newer"), .. End,
        ]);
        Assert.That(Names(files, files.Root), Is.EquivalentTo((string[])["link", "y", "x"]));
        Assert.That((Text(files, "x"), Text(files, "link"), Text(files, "y")), Is.EqualTo(("newest", "old", "newer")));
        Assert.That(files.GetAttributes(Find(files, "link")).LinkCount, Is.EqualTo(1));
        Assert.That(files.GetAttributes(Find(files, "x")).LinkCount, Is.EqualTo(1));
    }

    [Test]
    public void What_leads_out_of_the_archive_is_left_out_and_told()
    {
        FileSystem files = Open([.. Member("../x", '0', "x"), .. Member("file", '0', "y"), .. Member("file/z", '0', "z"), .. Member("lost", '1', "", link: "nowhere"), .. End]);
        Assert.That(Names(files, files.Root), Is.EqualTo((string[])["file"]));
        Assert.That(_folder.Warnings.Single(), Does.Contain("3 members are not shown: ../x leads out"));
    }

    [Test]
    public void Devices_and_numbers_in_binary_are_read()
    {
        byte[] device = Member("device", '4', "");
        Put(device, 329, "0000010");
        Put(device, 337, "0000021");
        device.AsSpan(108, 8).Clear();
        device[108] = 0x80;
        BinaryPrimitives.WriteInt32BigEndian(device.AsSpan(112), 3_000_000);
        device.AsSpan(136, 12).Fill(0xFF);
        Seal(device);
        FileSystem files = Open([.. device, .. Member("fifo", '6', ""), .. Member("label", 'V', ""), .. End]);
        NodeAttributes attributes = files.GetAttributes(Find(files, "device"));
        Assert.That((attributes.Type, attributes.Device, attributes.Uid, attributes.ModifyTime), Is.EqualTo((NodeType.BlockDevice, new DeviceNumber(8, 17), 3_000_000u, new Timestamp(-1))));
        Assert.That(files.GetAttributes(Find(files, "fifo")).Type, Is.EqualTo(NodeType.Fifo));
        Assert.That(Names(files, files.Root), Is.EqualTo((string[])["device", "fifo"]));
    }

    // Else a header would have the whole archive read through, each time that it is looked at.
    [Test]
    public void A_list_of_places_that_goes_on_without_any_is_damage()
    {
        byte[] sparse = Member("holes", 'S', "");
        sparse[482] = 1;
        Seal(sparse);
        byte[] more = new byte[Block];
        more[504] = 1;
        Open([.. Member("first", '0', "x"), .. sparse, .. Enumerable.Repeat(more, 100).SelectMany(block => block), .. End]);
        Assert.That(_folder.Warnings.Single(), Does.Contain("damaged or cut short after 1 members").And.Contain("lists places between holes has none"));
    }

    [Test]
    public void A_listing_goes_on_where_it_was_left()
    {
        FileSystem files = Open([.. Enumerable.Range(0, 30).SelectMany(i => Member($"{i % 3}/file{i}", '0', $"{i}")), .. End]);
        var all = new Positions(int.MaxValue);
        NodeId directory = Find(files, "1");
        files.ReadDirectory(directory, 0, all);
        Assert.That(all.Found, Has.Count.EqualTo(12));
        foreach ((string name, long position) in all.Found)
        {
            var rest = new Positions(1);
            files.ReadDirectory(directory, position, rest);
            Assert.That(rest.Found.Select(found => found.Name), Is.EqualTo(all.Found.SkipWhile(found => found.Name != name).Skip(1).Take(1).Select(found => found.Name)), name);
        }

        Assert.That(() => files.ReadDirectory(directory, long.MaxValue, all), Throws.Nothing);
    }

    [Test]
    public void An_archive_that_is_cut_short_hides_what_it_may_have_had()
    {
        byte[] archive = [.. Member("one", '0', "first"), .. Member("two", '0', "second"), .. Member("three", '0', "third"), .. End];
        for (int length = 2 * Block; length < archive.Length - (2 * Block); length += 100)
        {
            FileSystem files = Open(archive[..length]);
            if (length % Block == 0 && length % (2 * Block) == 0)
            {
                continue;
            }

            Assert.That(Text(files, "one"), Is.EqualTo("first"), $"{length}");
            Assert.That(() => files.TryLookup(files.Root, "four"u8, out _), Throws.TypeOf<TruncatedImageException>(), $"{length}");
            Assert.That(() => files.ReadDirectory(files.Root, 0, new Positions(int.MaxValue)), Throws.TypeOf<TruncatedImageException>(), $"{length}");
        }

        archive[(2 * Block) + 5] ^= 1;
        FileSystem damaged = Open(archive);
        Assert.That(Text(damaged, "one"), Is.EqualTo("first"));
        Assert.That(() => damaged.TryLookup(damaged.Root, "two"u8, out _), Throws.TypeOf<InvalidImageException>().With.Message.Contains("tar header at 0x400: its checksum is wrong"));
    }

    [Test]
    public void More_members_than_there_is_room_for_are_refused()
    {
        byte[] archive = [.. Enumerable.Range(0, 200).SelectMany(i => Member($"file{i}", '0', ""))];
        Assert.That(() => new TarTree(new MemorySource(archive), 64 * 100, static _ => { }), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("cache-size"));
        Assert.That(() => new TarTree(new MemorySource(archive), 64 * 201, static _ => { }), Throws.Nothing);
    }

    [Test]
    public void A_changed_archive_gives_errors_of_the_image_only()
    {
        MakeTree(hasLongNames: true);
        _folder.Run("tar", ["--create", "--format=pax", "--sparse", "--file=a.tar", "--directory=tree", "."]);
        byte[] sound = File.ReadAllBytes(_folder["a.tar"]);
        var random = new Random(4);
        var tally = new MutantTally();
        for (int round = 0; round < 200; round++)
        {
            byte[] changed = [.. sound];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                int block = random.Next(sound.Length / Block) * Block;
                changed[block + random.Next(Block)] = (byte)random.Next(256);

                // Where it is a header it shall be read as one.
                if (changed.AsSpan(block + 257, 5).SequenceEqual("ustar"u8) && random.Next(2) == 0)
                {
                    Seal(changed.AsSpan(block, Block));
                }
            }

            tally.Next();
            try
            {
                var files = new TarFileSystem(new TarTree(new MemorySource(changed), 1 << 20, static _ => { }));
                tally.NoteOpened();
                Walk(files, files.Root, tally, 0);
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
            }
        }

        tally.AssertShares(opened: 90, read: 50);
    }

    [Test]
    public void What_pax_says_of_all_members_holds_until_it_says_otherwise()
    {
        Directory.CreateDirectory(_folder["tree"]);
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            File.WriteAllText(_folder[$"tree/{name}"], name);

            // A fraction of a second would be said of the member itself.
            File.SetLastWriteTimeUtc(_folder[$"tree/{name}"], new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        }

        _folder.Run("tar", ["--create", "--format=pax", "--pax-option=uid=4321,mtime=1000000000.25", "--file=a.tar", "--directory=tree", "a", "b"]);
        _folder.Run("tar", ["--create", "--format=pax", "--pax-option=gid=17,uid:=5,mtime=1100000000", "--file=b.tar", "--directory=tree", "c", "d"]);
        byte[] first = File.ReadAllBytes(_folder["a.tar"]);
        int end = first.AsSpan().LastIndexOfAnyExcept((byte)0) / Block * Block;
        File.WriteAllBytes(_folder["both.tar"], [.. first.AsSpan(0, end + Block), .. File.ReadAllBytes(_folder["b.tar"])]);
        FileSystem files = Open("both.tar");
        string told = _folder.Run("tar", ["--list", "--verbose", "--numeric-owner", "--full-time", "--file=both.tar"]);
        Assert.That(told.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(4));
        foreach (string line in told.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            NodeAttributes attributes = files.GetAttributes(Find(files, fields[^1]));
            DateTime time = DateTime.UnixEpoch.AddSeconds(attributes.ModifyTime.Seconds);
            Assert.That($"{attributes.Uid}/{attributes.Gid}", Is.EqualTo(fields[1]), line);
            Assert.That(time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Is.EqualTo($"{fields[3]} {fields[4].Split('.')[0]}"), line);
        }

        Assert.That(files.GetAttributes(Find(files, "b")).ModifyTime, Is.EqualTo(new Timestamp(1_000_000_000, 250_000_000)));
        Assert.That((Text(files, "a"), Text(files, "d")), Is.EqualTo(("a", "d")));
        Assert.That(_folder.Warnings, Is.Empty);
    }

    [Test]
    public void A_record_without_a_value_takes_back_what_was_said()
    {
        FileSystem files = Open(
        [
            .. Member("all", 'g', "11 uid=123\n12 path=all\n"), .. Member("own", 'x', "8 path=\n7 uid=\n"), .. Member("name", '0', "x"), .. Member("other", '0', "y"), .. End,
        ]);
        Assert.That(Names(files, files.Root), Is.EquivalentTo((string[])["name", "all"]));
        Assert.That((files.GetAttributes(Find(files, "name")).Uid, files.GetAttributes(Find(files, "all")).Uid), Is.EqualTo((0u, 123u)));
    }

    // "Until another global extended header record is reached that provides another value for the same field" (POSIX pax: typeflag g); GNU tar
    // forgets the others.
    [Test]
    public void A_global_header_takes_back_nothing_of_which_it_says_nothing()
    {
        FileSystem files = Open(
        [
            .. Member("all", 'g', "11 uid=123\n"), .. Member("one", '0', ""), .. Member("all", 'g', "11 gid=456\n"), .. Member("two", '0', ""),
            .. Member("own", 'x', "9 uid=77\n"), .. Member("all", 'g', "11 uid=789\n"), .. Member("three", '0', ""), .. Member("four", '0', ""), .. End,
        ]);
        (uint, uint)[] owners = [.. ((string[])["one", "two", "three", "four"]).Select(name => files.GetAttributes(Find(files, name))).Select(found => (found.Uid, found.Gid))];
        Assert.That(owners, Is.EqualTo(((uint, uint)[])[(123, 0), (123, 456), (77, 456), (789, 456)]));
    }

    [Test]
    public void Extended_attributes_are_those_that_tar_was_given()
    {
        Directory.CreateDirectory(_folder["tree"]);
        File.WriteAllText(_folder["tree/file"], "x");
        File.WriteAllText(_folder["tree/plain"], "y");
        (string Name, string Value)[] given = [("user.a", "first"), ("user.with=and%25", "second"), ("user.empty", "")];
        foreach ((string name, string value) in given)
        {
            _folder.Run("setfattr", ["-n", name, "-v", value, "tree/file"]);
        }

        _folder.Run("setfattr", ["-n", "user.of the directory", "-v", "third", "tree"]);
        _folder.Run("tar", ["--create", "--format=pax", "--xattrs", "--file=a.tar", "--directory=tree", "."]);
        FileSystem files = Open("a.tar");
        NodeId node = Find(files, "file");
        Assert.That(files.ListExtendedAttributes(node).Select(name => ByteText.FromBytes(name)), Is.EquivalentTo(given.Select(one => one.Name)));
        foreach ((string name, string value) in given)
        {
            Assert.That(files.GetExtendedAttribute(node, Encoding.UTF8.GetBytes(name)), Is.EqualTo(Encoding.UTF8.GetBytes(value)), name);
        }

        Assert.That(files.GetExtendedAttribute(node, "user.none"u8), Is.Null);
        Assert.That(files.GetExtendedAttribute(files.Root, "user.of the directory"u8), Is.EqualTo("third"u8.ToArray()));
        Assert.That(files.ListExtendedAttributes(Find(files, "plain")), Is.Empty);
    }

    [Test]
    public void More_is_not_said_of_all_members_than_there_is_room_for()
    {
        byte[] one = Member("all", 'g', "11 uid=123\n");
        byte[] member = Member("name", '0', "");
        Assert.That(() => Open([.. Enumerable.Repeat((byte[])[.. one, .. member], 4096).SelectMany(bytes => bytes)]), Throws.Nothing);
        Assert.That(() => Open([.. Enumerable.Repeat((byte[])[.. one, .. member], 4097).SelectMany(bytes => bytes)]), Throws.TypeOf<UnsupportedFeatureException>());
    }

    [Test]
    public void It_is_recognised_and_told_where_its_first_header_is_damaged()
    {
        byte[] archive = [.. Member("one", '0', "first"), .. End];
        var format = new TarFormat();
        Assert.That(format.Probe(new MemorySource(archive)));
        archive[3] ^= 1;
        Assert.That(format.Probe(new MemorySource(archive)), Is.False);
        Assert.That(format.Resembles(new MemorySource(archive)));
    }

    /// <summary>A member: its header, and its bytes filled up to a block.</summary>
    internal static byte[] Member(string name, char type, string contents, string mode = "0644", string link = "") => Member(name, type, Encoding.UTF8.GetBytes(contents), mode, link);

    /// <inheritdoc cref="Member(string, char, string, string, string)"/>
    internal static byte[] Member(string name, char type, byte[] contents, string mode = "0644", string link = "")
    {
        byte[] bytes = new byte[Block + ((contents.Length + Block - 1) / Block * Block)];
        Put(bytes, 0, name);
        Put(bytes, 100, mode);
        Put(bytes, 124, Convert.ToString(contents.Length, 8));
        Put(bytes, 136, "0");
        bytes[156] = (byte)type;
        Put(bytes, 157, link);
        Put(bytes, 257, "ustar\u000000");
        Seal(bytes);
        contents.CopyTo(bytes, Block);
        return bytes;
    }

    /// <summary>What an archive ends with.</summary>
    internal static byte[] End => new byte[2 * Block];

    private static void Put(Span<byte> bytes, int offset, string text) => Encoding.ASCII.GetBytes(text).CopyTo(bytes[offset..]);

    private static void Seal(Span<byte> header)
    {
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header[..Block])
        {
            sum += value;
        }

        Put(header, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0");
    }

    private static NodeId Find(FileSystem files, string path) => PathLookup.Find(files, path);

    private static byte[] Read(FileSystem files, NodeId node)
    {
        BlockSource file = files.OpenFile(node);
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    private static string Text(FileSystem files, string path) => Encoding.UTF8.GetString(Read(files, Find(files, path)));

    private static string[] Names(FileSystem files, NodeId directory) =>
        [.. DirectoryContents.Read(files, directory).Entries.Select(entry => ByteText.FromBytes(entry.Name)).Where(name => name is not ("." or ".."))];

    private static void Walk(FileSystem files, NodeId directory, MutantTally tally, int depth)
    {
        foreach (string name in Names(files, directory))
        {
            try
            {
                Assert.That(files.TryLookup(directory, ByteText.ToBytes(name), out NodeId node));
                NodeAttributes attributes = files.GetAttributes(node);
                if (attributes.Type == NodeType.Directory && depth < 20)
                {
                    Walk(files, node, tally, depth + 1);
                }
                else if (attributes.Type == NodeType.Regular)
                {
                    byte[] start = new byte[Math.Min(attributes.Size, 5000)];
                    files.OpenFile(node).ReadAt(0, start);
                    tally.NoteRead();
                }
                else if (attributes.Type == NodeType.SymbolicLink)
                {
                    files.ReadLink(node);
                }
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
            }
        }
    }

    private void MakeTree(bool hasLongNames)
    {
        Directory.CreateDirectory(_folder["tree/directory/below"]);
        File.WriteAllText(_folder["tree/file"], "contents");
        File.WriteAllBytes(_folder["tree/directory/empty"], []);
        byte[] large = new byte[100_000];
        new Random(1).NextBytes(large);
        File.WriteAllBytes(_folder["tree/directory/below/large"], large);
        File.WriteAllText(_folder["tree/naïve 名"], "unicode");
        File.SetUnixFileMode(_folder["tree/naïve 名"], UnixFileMode.UserRead | UnixFileMode.SetUser);
        File.CreateSymbolicLink(_folder["tree/soft"], "directory/below/large");
        _folder.Run("ln", ["tree/file", "tree/hard"]);
        if (hasLongNames)
        {
            Directory.CreateDirectory(_folder[$"tree/{s_long}"]);
            File.WriteAllText(_folder[$"tree/{s_long}/{new string('x', 200)}"], "long");
            File.CreateSymbolicLink(_folder["tree/long"], $"{s_long}/{new string('x', 200)}");
        }
    }

    private FileSystem Open(string name) => new TarFormat().Open(_folder.Open(name), OpenContext.Of(string.Empty, _folder.Warnings.Add));

    private FileSystem Open(byte[] archive) => new TarFormat().Open(new MemorySource(archive), OpenContext.Of(string.Empty, _folder.Warnings.Add));

    private sealed class Positions(int room) : IDirectorySink
    {
        public List<(string Name, long Position)> Found { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Found.Add((ByteText.FromBytes(entry.Name), entry.NextPosition));
            return Found.Count < room;
        }
    }
}
