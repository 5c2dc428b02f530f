using System.Diagnostics;
using System.Text;
using ImageFs.FileSystems.RomFs;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.RomFs;

/// <summary>romfs, from headers made by hand: what is in them is shown, and what is wrong with them is told.</summary>
internal sealed class RomFsTests
{
    private const int Rounds = 300;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private RomFsImage _image = null!;
    private int _file;
    private int _directory;
    private int _link;

    [SetUp]
    public void Make()
    {
        _image = new RomFsImage();
        int dots = _image.Add("..", RomFsImage.HardLink, (uint)_image.Root, previous: _image.Root);
        _file = _image.Add("a name of more than sixteen bytes", RomFsImage.File | RomFsImage.Executable, 0, "contents", dots);
        _directory = _image.Add("directory", RomFsImage.Directory, 0, previous: _file);
        int inside = _image.Add(".", RomFsImage.HardLink, (uint)_directory);
        _image.Change(_directory, 4, (uint)inside);
        int hard = _image.Add("hard", RomFsImage.HardLink, (uint)_file, previous: inside);
        _image.Add("..", RomFsImage.HardLink, (uint)_image.Root, previous: hard);
        int device = _image.Add("device", RomFsImage.BlockDevice, (8 << 16) | 17, previous: _directory);
        int fifo = _image.Add("fifo", RomFsImage.Fifo, 0, previous: device);
        _link = _image.Add("link", RomFsImage.SymbolicLink, 0, "directory/hard", fifo);
    }

    [Test]
    public void What_headers_say_is_shown()
    {
        FileSystem files = _image.Open();
        Assert.That(Names(files, files.Root), Is.EqualTo((string[])[".", "..", "a name of more than sixteen bytes", "device", "directory", "fifo", "link"]));
        Assert.That(Names(files, PathLookup.Find(files, "/directory")), Is.EqualTo((string[])[".", "..", "hard"]));
        Assert.That(PathLookup.Find(files, "/directory/hard"), Is.EqualTo(PathLookup.Find(files, "/a name of more than sixteen bytes")).And.EqualTo(new NodeId((ulong)_file)));
        Assert.That(PathLookup.Find(files, "/directory/.."), Is.EqualTo(files.Root));
        Assert.That(Encoding.UTF8.GetString(files.ReadFile("/link")), Is.EqualTo("contents"), "of what the link leads to");
        NodeAttributes attributes = files.GetAttributes(PathLookup.Find(files, "/device"));
        Assert.That((attributes.Type, attributes.Permissions, attributes.Device), Is.EqualTo((NodeType.BlockDevice, 0x180u, new DeviceNumber(8, 17))));
        attributes = files.GetAttributes(new NodeId((ulong)_file));
        Assert.That((attributes.Type, attributes.Permissions, attributes.Size, attributes.LinkCount), Is.EqualTo((NodeType.Regular, 0x1EDu, 8L, 1u)));
        Assert.That(files.GetAttributes(PathLookup.Find(files, "/directory")).Permissions, Is.EqualTo(0x1A4));
        Assert.That(files.GetAttributes(new NodeId((ulong)_link)).Permissions, Is.EqualTo(0x1FF));
        Assert.That(new RomFsFormat().Identify(new MemorySource(_image.Bytes)).Label, Is.EqualTo("a label"));
    }

    [Test]
    public void A_files_bytes_are_where_they_are_behind_its_name()
    {
        Extent extent = _image.Open().OpenFile(new NodeId((ulong)_file)).Map(2, 100, out _);
        Assert.That(extent, Is.EqualTo(Extent.Mapped(2, 6, _file + 16 + 48 + 2)));
    }

    [Test]
    public void A_first_header_that_cannot_be_is_refused()
    {
        _image.Finish();
        _image.Bytes[100] ^= 1;
        AssertRefused("checksum");
        _image.Bytes[100] ^= 1;
        _image.Put(8, 40);
        AssertRefused("40 bytes");
        _image.Bytes[3] ^= 1;
        AssertRefused("magic number");

        void AssertRefused(string problem) => Assert.That(
            () => new RomFsFormat().Open(new MemorySource(_image.Bytes), new OpenContext()), Throws.TypeOf<InvalidImageException>().With.Message.Contains(problem));
    }

    [Test]
    public void A_header_that_leads_back_ends_the_directory_and_is_told()
    {
        _image.Change(_link, 0, (uint)_file | RomFsImage.SymbolicLink);
        AssertHurtRoot("leads back");
    }

    [Test]
    public void A_header_that_leads_out_of_the_file_system_is_told()
    {
        _image.Change(_link, 0, 0xFFFF_FFF0 | RomFsImage.SymbolicLink);
        AssertHurtRoot("headers are from 0x20 on");
    }

    [Test]
    public void Hard_links_that_lead_to_each_other_are_told_and_the_others_found()
    {
        int hard = _image.Add("loop", RomFsImage.HardLink, 0, previous: _link);
        _image.Change(hard, 4, (uint)hard);
        AssertHurtRoot("hard links");
    }

    [Test]
    public void Contents_that_leave_the_file_system_are_an_error()
    {
        _image.Change(_file, 8, uint.MaxValue);
        Assert.That(() => _image.Open().OpenFile(new NodeId((ulong)_file)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("leave the file system"));
    }

    [Test]
    public void Names_that_no_path_can_hold_are_left_out_and_told()
    {
        _image.Add("a/b", RomFsImage.File, 0, previous: _link);
        AssertHurtRoot("slash", isSure: true);
    }

    [Test]
    public void Verify_adds_up_every_header()
    {
        Assert.That(Check(), Is.Empty);
        _image.Bytes[_link + 16] ^= 1;
        Assert.That(Check().Single(), Does.Match($"romfs file header at 0x{_link:X}: its checksum is wrong"));

        string[] Check()
        {
            var found = new List<string>();
            var run = new CheckRun(finding => found.Add($"{finding}"), static _ => { });
            _image.Open().Checks.Structures.Single().Run!(run);
            Assert.That(run.Extent, Is.EqualTo("10"));
            return [.. found];
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    public void A_changed_image_gives_errors_of_the_image_only(int seed)
    {
        byte[] sound = [.. _image.Finish()];
        int end = (int)_image.Get(8);
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            sound.CopyTo(_image.Bytes, 0);
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                int at = random.Next(32, end);
                _image.Bytes[at] = random.Next(3) switch { 0 => 0xFF, 1 => (byte)(_image.Bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            tally.Next();
            var since = Stopwatch.StartNew();
            MutantWalk.Try(() =>
            {
                FileSystem files = _image.Open();
                tally.NoteOpened();
                MutantWalk.Run(files, tally);
                files.Checks.Structures[0].Run!(new CheckRun(static _ => { }, static _ => { }));
            });
            Assert.That(since.Elapsed, Is.LessThan(s_limit), $"seed {seed}, round {round}");
        }

        tally.AssertShares(opened: 60, read: 50);
    }

    [Test]
    public void An_image_cut_short_anywhere_is_an_error_or_tells_of_it()
    {
        byte[] whole = _image.Finish()[..(int)_image.Get(8)];
        for (int length = 0; length < whole.Length; length++)
        {
            var warnings = new List<string>();
            MutantWalk.Try(() =>
            {
                MutantWalk.Run(new RomFsFormat().Open(new MemorySource(whole.AsMemory(0, length)), new OpenContext(new OptionList(), warnings.Add)), new MutantTally());
                Assert.That(warnings.Single(), Does.Contain("cut short"));
            });
        }
    }

    // The root directory's names are all found, and the error comes after them.
    private void AssertHurtRoot(string problem, bool isSure = false)
    {
        FileSystem files = _image.Open();
        var names = new NameSink();
        files.ReadDirectory(files.Root, 0, names);
        Assert.That(names.Names, Is.SupersetOf(new[] { "device", "directory", "link" }));
        Assert.That(() => files.ReadDirectory(files.Root, names.End, names), Throws.InstanceOf<InvalidImageException>().With.Message.Contains(problem));
        Assert.That(files.TryLookup(files.Root, "link"u8, out _), Is.True);
        Assert.That(() => files.TryLookup(files.Root, "none"u8, out _), isSure ? Is.False : Throws.InstanceOf<InvalidImageException>());
    }

    private static IEnumerable<string> Names(FileSystem files, NodeId directory)
    {
        var names = new NameSink();
        files.ReadDirectory(directory, 0, names);
        return names.Names.Order(StringComparer.Ordinal);
    }

    private sealed class NameSink : IDirectorySink
    {
        public List<string> Names { get; } = [];

        public long End { get; private set; }

        public bool Add(in DirectoryEntry entry)
        {
            Names.Add(Encoding.UTF8.GetString(entry.Name));
            End = entry.NextPosition;
            return true;
        }
    }
}
