using ImageFs.FileSystems;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.Storage.Volumes.Example;
using ImageFs.Tests.Support;
using ImageFs.Tree;
using static ImageFs.Tests.Support.DiskImage;

namespace ImageFs.Tests.Images;

/// <summary>Volumes that are no partitions: chosen, named, left out, described, and opened; with a format of volumes that is one line more in the list.</summary>
internal sealed class VolumesOnVolumesTests
{
    private const string Linux = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

    private static readonly byte[] s_ext = Read("ext/ext4.img");
    private static readonly int s_half = s_ext.Length / 2 / 512 * 512;

    private readonly List<string> _warnings = [];
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [SetUp]
    public void ForgetWarnings() => _warnings.Clear();

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_file_system_on_two_partitions_is_shown_in_the_place_of_the_first()
    {
        using ImageStack image = Open(TwoPartitions());
        FileSystem files = image.OpenFileSystem();
        Assert.That(Names(files), Is.EqualTo((string[])["1-vg-all", "2-vg-0", "3-TEST LABEL"]));
        Assert.That(files.ReadFile("1-vg-all/hello.txt"), Has.Length.EqualTo(20));
    }

    [TestCase("part=vg/all")]
    [TestCase("part=vg/all,fs=ext4")]
    [TestCase("label=vg/all")]
    [TestCase("type=all")]
    [TestCase("partuuid=00000000-0000-0000-0000-000000000000,part=vg/all", "no volume matches")]
    [TestCase("part=vg/none", "no volume matches; there are 1-vg-all, 2-vg-0, 3-vg-1, 3-TEST LABEL")]
    [TestCase("part=2", "3 volumes match")]
    public void It_is_chosen_by(string options, string? problem = null)
    {
        using ImageStack image = Open(TwoPartitions(), options);
        if (problem is null)
        {
            Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
        }
        else
        {
            Assert.That(() => image.OpenFileSystem(), Throws.TypeOf<OptionException>().With.Message.Contains(problem));
        }
    }

    [Test]
    public void What_lies_on_one_partition_is_chosen_by_its_number()
    {
        byte[] mirror = SampleHeader.Write('M', "one", 0, 1, s_ext);
        using ImageStack image = Open(new DiskImage(16 * MiB).Gpt((MiB, 6 * MiB, Linux), (8 * MiB, 4 * MiB, Linux)).Put(mirror, MiB).Put("fat/fat16.img", 8 * MiB).Bytes, "part=1");
        Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
    }

    [Test]
    public void Two_of_one_name_are_both_shown()
    {
        DiskImage disk = new DiskImage(16 * MiB).Gpt((MiB, 6 * MiB, Linux), (8 * MiB, 6 * MiB, Linux)).Put("ext/ext2.img", MiB)
            .Put("vg-all\0"u8, MiB + 1024 + 120).Put(SampleHeader.Write('M', "vg", 0, 1, s_ext), 8 * MiB);
        using ImageStack image = Open(disk.Bytes);
        Assert.That(Names(image.OpenFileSystem()), Is.EqualTo((string[])["1-vg-all", "1-vg-all-2"]));
    }

    [Test]
    public void A_missing_half_is_named_and_found_with_device()
    {
        byte[] first = SampleHeader.Write('J', "vg", 0, 2, s_ext.AsSpan(0, s_half));
        byte[] second = SampleHeader.Write('J', "vg", 1, 2, s_ext.AsSpan(s_half));
        using (ImageStack alone = Open(first, "part=vg/all"))
        {
            Assert.That(() => alone.OpenFileSystem(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("vg/all without member 1 of vg"));
        }

        string other = Path.Combine(_folder, "other.img");
        File.WriteAllBytes(other, second);
        using ImageStack both = Open(first, $"part=vg/all,device={other}");
        Assert.That(both.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
        Assert.That(both.Context.Options.Names, Is.Empty);
        using ImageStack none = Open(first, $"device={other}.none");
        Assert.That(() => none.OpenFileSystem(), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT));
    }

    [TestCase("", "nothing belongs to a volume of this one")]
    [TestCase("part=vg/all", "nothing belongs to a volume of this one")]
    public void A_further_image_with_nothing_of_it_is_told_and_refused_where_it_has_to_belong_to_it(string options, string problem)
    {
        byte[] first = SampleHeader.Write('J', "vg", 0, 1, s_ext);
        string other = Path.Combine(_folder, "stranger.img");
        File.WriteAllBytes(other, SampleHeader.Write('J', "other", 0, 2, new byte[4096]));
        using ImageStack named = Open(first, $"{options},device={other}");
        Assert.That(named.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
        Assert.That(_warnings, Has.One.Contains(other).And.One.Contains(problem));
        OpenContext Context() => OpenContext.Of(options) with { AddedFormats = [new SampleVolumes()] };
        using ImageStack image = ImageStack.Open([named.Name, other], Context());
        Assert.That(() => image.OpenFileSystem(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(other).And.Message.Contains(problem));
        using ImageStack shown = ImageStack.Open([named.Name, other], Context());
        Assert.That(() => ImageInfo.Describe(shown), Throws.TypeOf<UnsupportedFeatureException>());
    }

    [TestCase('M', "fs=ext4")]
    [TestCase('L', "fs=ext4")]
    [TestCase('L', "fs=ext4,part=key/all")]
    [TestCase('L', "fs=vfat", "boot sector at 0x0: it has sectors of 0 bytes")]
    [TestCase('L', "")]
    public void The_format_that_is_wanted_is_that_of_what_is_inside_a_member(char kind, string options, string? problem = null)
    {
        string path = Path.Combine(_folder, "inside.img");
        File.WriteAllBytes(path, SampleHeader.Write(kind, "key", 0, 1, s_ext, key: (byte)(kind == 'L' ? 'Z' : 0)));
        using ImageStack image = ImageStack.Open(path, OpenContext.Of(options) with { AddedFormats = [new SampleVolumes()], Keys = new OneKey() });
        if (problem is null)
        {
            Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
        }
        else
        {
            Assert.That(() => image.OpenFileSystem(), Throws.InstanceOf<ImageException>().With.Message.Contains(problem));
        }
    }

    [Test]
    public void What_is_encrypted_in_a_further_image_is_opened_too([Values("", "part=vg/all")] string options)
    {
        byte[] Locked(string name, byte[] data) => SampleHeader.Write('L', name, 0, 1, data, key: (byte)'Z');
        string[] paths = [Path.Combine(_folder, "first.img"), Path.Combine(_folder, "second.img")];
        File.WriteAllBytes(paths[0], Locked("one", SampleHeader.Write('J', "vg", 0, 2, s_ext.AsSpan(0, s_half))));
        File.WriteAllBytes(paths[1], Locked("two", SampleHeader.Write('J', "vg", 1, 2, s_ext.AsSpan(s_half))));
        foreach (bool isAtHand in (bool[])[true, false])
        {
            using ImageStack image = ImageStack.Open(paths, OpenContext.Of(options, _warnings.Add) with { AddedFormats = [new SampleVolumes()], Keys = new OneKey(isAtHand) });
            FileSystem files = image.OpenFileSystem();
            Assert.That(files.ReadFile(options.Length > 0 ? "hello.txt" : "1-vg-all/hello.txt"), Has.Length.EqualTo(20));
        }
    }

    [Test]
    public void What_is_encrypted_may_belong_to_anything()
    {
        string other = Path.Combine(_folder, "locked.img");
        File.WriteAllBytes(other, SampleHeader.Write('L', "key", 0, 1, s_ext));
        string path = Path.Combine(_folder, "first.img");
        File.WriteAllBytes(path, SampleHeader.Write('J', "vg", 0, 1, s_ext));
        using ImageStack image = ImageStack.Open([path, other], OpenContext.Of("part=vg/all") with { AddedFormats = [new SampleVolumes()] });
        Assert.That(image.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
    }

    [Test]
    public void Where_no_volume_can_be_opened_it_is_none_that_is_shown_and_not_the_whole()
    {
        using ImageStack image = Open(SampleHeader.Write('J', "vg", 1, 2, new byte[4096]));
        Disk disk = image.OpenDisk(VolumeChoice.None);
        Assert.That(() => disk.Select(VolumeChoice.None), Throws.TypeOf<UnsupportedFeatureException>());
        Assert.That(disk.SelectUsable(VolumeChoice.None).Volumes, Is.Empty);
        Assert.That(ImageInfo.Describe(image).Children.Select(child => child.Find("name")), Is.SupersetOf((string[])["vg/all", "vg/1"]));
    }

    [Test]
    public void What_a_volume_is_a_member_of_is_told()
    {
        using ImageStack image = Open(TwoPartitions());
        Disk disk = image.OpenDisk(VolumeChoice.None);
        Assert.That(disk.Partitions.Select(volume => volume.Type), Is.EqualTo((string[])["sample_member", "sample_member", "vfat"]));
        ImageDescription info = ImageInfo.Describe(image);
        ImageDescription partition = info.Children.First(child => child.Kind == "part");
        Assert.That(partition.Find("fstype"), Is.EqualTo("sample_member"));
        Assert.That(partition.Children.Select(child => (child.Kind, child.Find("name"), child.Find("fstype"))), Is.EqualTo(
            ((string, object?, object?)[])[("sample", "vg/all", "ext4"), ("sample", "vg/0", "ext4"), ("sample", "vg/1", null)]));
    }

    [Test]
    public void A_file_system_on_several_sources_is_one_volume_with_all_of_them()
    {
        var format = new SeveralFormat();
        BlockSource[] sources = [.. "aaba".Select(set => new MemorySource(new byte[] { (byte)set }))];
        Volume[] volumes = [.. sources.Select((source, i) => new Volume(new Partition(i + 1, 0, 1, string.Empty), source) { Candidates = [new Recognition(format, source)] })];
        Volume[] joined = [.. Volume.JoinSets(volumes[..3], volumes[3..])];
        Assert.That(joined.Select(volume => volume.Partition!.Number), Is.EqualTo((int[])[1, 3]));
        Assert.That(joined[0].Sources, Is.EqualTo((BlockSource[])[sources[0], sources[1], sources[3]]));
        Assert.That(joined[0].Open(new OpenContext()).Format, Is.EqualTo("several: 3"));
        Assert.That(joined[1].Open(new OpenContext()).Format, Is.EqualTo("several: 1"));
    }

    // ext4 on two of three partitions, with the second half first.
    private static byte[] TwoPartitions() => new DiskImage(24 * MiB).Gpt((MiB, SampleHeader.Length + s_ext.Length - s_half, Linux), (8 * MiB, SampleHeader.Length + s_half, Linux), (16 * MiB, 4 * MiB, Linux))
        .Put(SampleHeader.Write('J', "vg", 1, 2, s_ext.AsSpan(s_half)), MiB).Put(SampleHeader.Write('J', "vg", 0, 2, s_ext.AsSpan(0, s_half)), 8 * MiB).Put("fat/fat16.img", 16 * MiB).Bytes;

    private static string[] Names(FileSystem files) => [.. files.ReadDirectory("/").Select(entry => ByteText.FromBytes(entry.Name))];

    private ImageStack Open(byte[] image, string options = "")
    {
        string path = Path.Combine(_folder, "disk.img");
        File.WriteAllBytes(path, image);
        return ImageStack.Open(path, OpenContext.Of(options, _warnings.Add) with { AddedFormats = [new SampleVolumes()] });
    }

    /// <summary>A file system on all sources that begin with the same byte.</summary>
    private sealed class SeveralFormat : FileSystemFormat
    {
        public override string Name => "several";

        public override string Title => "a file system on several sources";

        public override VolumeIdentity Identify(BlockSource source) => new(Name);

        public override bool Probe(BlockSource source) => true;

        public override string? FindSet(BlockSource source)
        {
            byte[] set = new byte[1];
            source.ReadAt(0, set);
            return $"{(char)set[0]}";
        }

        protected override FileSystem OpenVolume(IReadOnlyList<BlockSource> sources, OpenContext context) => new NamedTree($"several: {sources.Count}");

        protected override FileSystem OpenVolume(BlockSource source, OpenContext context) => OpenVolume([source], context);

        protected override long FindLength(BlockSource source) => source.Length;
    }

    private sealed class OneKey(bool isAtHand = true) : IKeySource
    {
        public bool IsAtHand => isAtHand;

        public Key? Find(KeyRequest request) => request.Attempt > 0 ? null : new Key([(byte)'Z']);
    }

    private sealed class NamedTree(string format) : ForwardingFileSystem(new LinkTree())
    {
        public override string Format => format;
    }
}
