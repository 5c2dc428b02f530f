using System.Text.Json;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using ImageFs.Tests.FileSystems.Udf;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary>UDF against Linux's own udf: every name, and all its attributes, with the inode number.</summary>
internal sealed class UdfTests
{
    private const string Type = "udf";
    private const int Limit = Limits.Test;
    private const string MostOptions = "udf/hd201";

    private static readonly string[] s_facts = [.. Facts.All, "ino", "statfs"];
    private static readonly string[] s_images = [.. TestImages.Names("udf")];

    // Linux takes the attributes in front of a table of 1.50 for the table's first entries, and does not mount it.
    private static readonly string[] s_mountedByUdf = [.. s_images.Where(name => name != "udf/cdr150")];

    private static readonly string[] s_options =
    [
        "umask=027", "uid=1000,gid=1001", "mode=0640,dmode=0750", "unhide", "iocharset=iso8859-1", "iocharset=utf8", "bs=2048", "anchor=256",
        "novrs", "uid=forget,gid=forget",
    ];

    // Made by the tests' own code: udf writes no metadata partition, and nothing at hand a virtual one with files.
    private static readonly (PartitionKind Kind, int BlockSize)[] s_made =
        [.. from kind in Enum.GetValues<PartitionKind>() from size in (int[])[512, 2048, 4096] select (kind, size)];

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_udf_shows([ValueSource(nameof(s_mountedByUdf))] string name) => Compare(TestImages.Get(name), "");

    [Test]
    [CancelAfter(Limit)]
    public void A_table_behind_attributes_is_read()
    {
        using var older = ImageMount.MountInForeground(TestImages.Get("udf/cdr150"));
        using var newer = ImageMount.MountInForeground(TestImages.Get("udf/cdr201"));
        Assert.That(older.List().DifferencesFrom(newer.List(), ["mode", "uid", "gid", "size", "nlink"]), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_udf_shows_with_options([ValueSource(nameof(s_options))] string options) =>
        Compare(TestImages.Get(MostOptions), options);

    [Test]
    [CancelAfter(Limit)]
    public void A_partition_of_every_kind_is_what_udf_shows([ValueSource(nameof(s_made))] (PartitionKind Kind, int BlockSize) made) =>
        Compare(Make(made.Kind, made.BlockSize), "");

    [Test]
    public void What_info_tells_is_what_blkid_tells([ValueSource(nameof(s_images))] string name)
    {
        string image = TestImages.Get(name);
        JsonElement info = Of(image);
        Assert.That(Text(info, "fstype"), Is.EqualTo(Type).And.EqualTo(Blkid.Value(image, "TYPE")));
        Assert.That(Text(info, "label"), Is.EqualTo(Blkid.Value(image, "LABEL")));
        Assert.That(Text(info, "uuid"), Is.EqualTo(Blkid.Value(image, "UUID")));
        Assert.That(Text(Descendants(info).First(element => Text(element, "type") == Type), "version"), Is.EqualTo(Blkid.Value(image, "VERSION")));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_bridge_has_the_same_files_in_both_file_systems()
    {
        string image = TestImages.Get("udf/bridge");
        using var udf = ImageMount.MountInForeground(image);
        using var iso = ImageMount.MountInForeground(image, "fs=iso9660");
        Assert.That(udf.List().DifferencesFrom(iso.List(), ["sha256", "target"]), Is.Empty);
        Assert.That(Tool.Run("stat", "-f", "-c", "%s", udf["."]).Succeeded().Text, Is.EqualTo("2048\n"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Files_are_spliced()
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get("udf/hd201"));
        Tool.Run("cat", mount["long"]).Succeeded();
        string stats = Tool.Shell("cat \"$1\" >/dev/null; exec \"$2\" stats --json \"$3\"", mount["holes"], ImageFsProgram.Path, mount.Directory).Succeeded().Text;
        Assert.That(stats, Does.Contain("\"splice\": 228893").And.Contain("\"fallbacks\": {}").And.Not.Contain("\"copy\""));
    }

    // mkudffs writes both.
    [TestCase("udf/hd102")]
    [TestCase("udf/hd201")]
    [TestCase("udf/hd150-512")]
    [TestCase("udf/dvdrw201")]
    [CancelAfter(Limit)]
    public void Free_blocks_that_the_integrity_descriptor_does_not_tell_are_counted(string name)
    {
        using var folder = new TestFolder();
        byte[] bytes = File.ReadAllBytes(TestImages.Get(name));
        string told = FreeBlocks(TestImages.Get(name));
        Assert.That(told, Is.Not.EqualTo("0\n"));
        for (int place = 0; place < bytes.Length; place += 512)
        {
            Span<byte> descriptor = bytes.AsSpan(place, 512);
            if (new DescriptorTag(descriptor) is { Identifier: TagIdentifier.LogicalVolumeIntegrityDescriptor } tag && tag.FindProblem() is null)
            {
                byte[] sealedAnew = descriptor[..(DescriptorTag.Length + tag.CrcLength)].ToArray();
                sealedAnew.AsSpan(80, 4).Fill(0xFF);
                UdfBytes.Seal(sealedAnew, tag.Identifier, tag.Location, tag.Version).CopyTo(descriptor);
            }
        }

        File.WriteAllBytes(folder["x.img"], bytes);
        Assert.That(FreeBlocks(folder["x.img"]), Is.EqualTo(told));
        Compare(folder["x.img"], "");
    }

    // Nothing at hand writes named streams: an image that udf wrote gets some.
    [Test]
    [CancelAfter(Limit)]
    public void Named_streams_are_attributes_and_the_files_are_what_udf_shows()
    {
        using var folder = new TestFolder();
        string plain = TestImages.Get(MostOptions);
        string image = folder["x.img"];
        File.WriteAllBytes(image, AddStreams(plain, "long", ("*UDF Macintosh Resource Fork", "fork"u8.ToArray()), ("Zone.Identifier", "zone"u8.ToArray())));

        TreeListing expected = LinuxReader.List(plain, type: Type)!;
        Assert.That(LinuxReader.List(image, type: Type)!.DifferencesFrom(expected, s_facts), Is.Empty);
        using var mount = ImageMount.MountInForeground(image);
        TreeListing shown = mount.List();
        Assert.That(shown.DifferencesFrom(expected, s_facts), Is.Empty);
        string hex(string text) => Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(text));
        Assert.That(shown["/long"]["xattr"], Is.EqualTo($@"user.*UDF\x20Macintosh\x20Resource\x20Fork:{hex("fork")},user.Zone.Identifier:{hex("zone")},"));
        Assert.That(shown["/tiny"]["xattr"], Is.Empty);

        ToolResult verified = Tool.Run(ImageFsProgram.Path, "verify", image).Succeeded();
        Assert.That(verified.Text, Does.Contain("files").And.Not.Contain("named streams"));
        Tool.Run(ImageFsProgram.Path, "extract", image, "long", "-C", folder.CreateDirectory("out")).Succeeded();
        Assert.That(TreeWalker.List(folder["out"])["/long"]["xattr"], Is.EqualTo(shown["/long"]["xattr"]));
    }

    [Test]
    public void A_stream_too_long_for_an_attribute_is_no_damage_and_its_loss_is_told()
    {
        const int Length = (64 << 10) + 1;
        using var folder = new TestFolder();
        var made = new UdfImage();
        made.Add("file", 3, new FileParts { IsExtended = true, Descriptors = "main"u8.ToArray(), StreamDirectoryIcb = UdfBytes.Long(2048, made.At(4)) });
        made.WriteStreamDirectory(4, UdfBytes.Identifier("long", made.At(5)), UdfBytes.Identifier("short", made.At(6)));
        made.Write(5, new FileParts { Form = AllocationForm.Short, Descriptors = UdfBytes.Short(Length, UdfImage.Data), Length = Length }.ToBytes(5));
        made.Write(6, new FileParts { Descriptors = "text"u8.ToArray() }.ToBytes(6));
        File.WriteAllBytes(folder["x.img"], made.Bytes);

        Tool.Run(ImageFsProgram.Path, "verify", folder["x.img"]).Succeeded();
        ToolResult extracted = Tool.Run(ImageFsProgram.Path, "extract", folder["x.img"], "-C", folder["out"]);
        Assert.That(extracted.ExitCode, Is.EqualTo(1));
        Assert.That(extracted.Error, Does.Contain("user.long").And.Not.Contain("user.short"));
        Assert.That(TreeWalker.List(folder["out"])["/file"]["xattr"], Is.EqualTo("user.short:74657874,"));
    }

    private static byte[] AddStreams(string image, string file, params (string Name, byte[] Contents)[] streams)
    {
        const int BlockSize = 2048;
        byte[] bytes = File.ReadAllBytes(image);
        JsonElement partition = Descendants(Of(image)).First(element => Text(element, "type") == "udf-partition");
        long start = Number(partition, "offset") / BlockSize;
        uint entry;
        using (var mount = ImageMount.MountInForeground(image))
        {
            entry = uint.Parse(Tool.Run("stat", "-c", "%i", mount[file]).Succeeded().Text);
        }

        Queue<uint> free = new(
            Enumerable.Range(0, (int)(Number(partition, "size") / BlockSize)).Reverse().Select(block => (uint)block)
                .Where(block => !BlockOf(block).ContainsAnyExcept((byte)0)));
        var identifiers = new List<byte[]> { UdfBytes.Identifier("", new(0, (uint)(entry - start)), FileCharacteristics.Parent | FileCharacteristics.Directory) };
        foreach ((string name, byte[] contents) in streams)
        {
            uint block = free.Dequeue();
            new FileParts { IsExtended = true, Descriptors = contents, Flags = 0x2000 }.ToBytes(block).CopyTo(BlockOf(block));
            identifiers.Add(UdfBytes.Identifier(name, new(0, block)));
        }

        uint directory = free.Dequeue();
        var parts = new FileParts { Type = FileType.StreamDirectory, IsExtended = true, Descriptors = [.. identifiers.SelectMany(identifier => identifier)] };
        parts.ToBytes(directory).CopyTo(BlockOf(directory));

        Span<byte> whole = BlockOf((uint)(entry - start));
        var tag = new DescriptorTag(whole);
        Assert.That(tag.Identifier, Is.EqualTo(TagIdentifier.ExtendedFileEntry));
        byte[] changed = whole[..(DescriptorTag.Length + tag.CrcLength)].ToArray();
        UdfBytes.Long(BlockSize, new(0, directory)).CopyTo(changed, 152);
        UdfBytes.Seal(changed, tag.Identifier, tag.Location, tag.Version).CopyTo(whole);
        return bytes;

        Span<byte> BlockOf(uint block) => bytes.AsSpan((int)(start + block) * BlockSize, BlockSize);
    }

    private static string FreeBlocks(string image)
    {
        using var mount = ImageMount.MountInForeground(image);
        return Tool.Run("stat", "-f", "-c", "%f", mount.Directory).Succeeded().Text;
    }

    private static void Compare(string image, string options)
    {
        TreeListing? expected = LinuxReader.List(image, options, Type);
        Assert.That(expected, Is.Not.Null, "udf does not mount it");
        using var mount = ImageMount.MountInForeground(image, options, awaitAnswer: false);
        Assert.That(mount.List().DifferencesFrom(expected!, s_facts), Is.Empty);
    }

    private static string Make(PartitionKind kind, int blockSize)
    {
        string path = Path.Combine(RunFolder.Path, $"{kind}-{blockSize}.img");
        if (!File.Exists(path))
        {
            File.WriteAllBytes(path, new UdfImage(kind, blockSize).AddAll().Bytes);
        }

        return path;
    }
}
