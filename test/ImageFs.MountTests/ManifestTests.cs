using System.Globalization;
using System.Security.Cryptography;
using ImageFs.Linux;
using ImageFs.Manifest;
using ImageFs.Manifest.Engine;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Tests.Manifest;
using ImageFs.Tree;

namespace ImageFs.MountTests;

/// <summary>Manifests of trees of any kind, before judges that are not ours: this kernel's EROFS and erofs-utils.</summary>
[NonParallelizable] // a mount in this process changes its working directory for a moment
internal sealed class ManifestTests
{
    private const int Limit = 120_000;
    private const int DeviceLength = 1 << 20;
    private const int Parts = 6;
    private const int TreesOfPart = 50;
    private const string NoData = "!61"; // ENODATA

    private static readonly string[] s_told = ["mode", "uid", "gid", "size", "nlink", "mtime", "rdev", "target", "sha256", "xattr", "error", "list"];

    private TestFolder _folder = null!;
    private FileDevice _device = null!;

    [SetUp]
    public void MakeDevice()
    {
        Need.Root();
        _folder = new TestFolder();
        byte[] bytes = new byte[DeviceLength];
        new Random(2).NextBytes(bytes);
        File.WriteAllBytes(_folder["device"], bytes);
        _device = FileDevice.Open(_folder["device"]);
    }

    [TearDown]
    public void RemoveDevice()
    {
        _device?.Dispose();
        _folder?.Dispose();
    }

    [Test]
    [CancelAfter(Limit)]
    public void Linux_reads_any_tree_from_its_manifest([Range(0, Parts - 1)] int part)
    {
        Need.FileSystem("erofs");
        string directory = _folder.CreateDirectory("mnt");
        for (int seed = part * TreesOfPart; seed < (part + 1) * TreesOfPart; seed++)
        {
            var tree = new RandomTree(seed, _device, 512 << (seed % 4));
            Mount(tree, $"tree {seed}", directory);

            try
            {
                Assert.That(TreeWalker.List(directory).DifferencesFrom(Describe(tree), s_told), Is.Empty, $"tree {seed}");
            }
            finally
            {
                Tool.CleanUp("umount", directory).Succeeded();
            }
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_tools_of_erofs_find_no_fault_in_any_manifest([Range(0, Parts - 1)] int part)
    {
        Need.Program("fsck.erofs", "erofs-utils");
        string manifest = _folder["manifest"];
        for (int seed = part * TreesOfPart; seed < (part + 1) * TreesOfPart; seed++)
        {
            // They take blocks of 4 KiB only.
            var tree = new RandomTree(seed, _device, 4096);
            ManifestSummary summary;
            using (FileStream output = File.Create(manifest))
            {
                summary = ManifestWriter.Write(tree, output, new ManifestOptions());
            }

            // Contents they are not asked for: those of Debian's 1.5 look for a file in one piece in the manifest itself (erofs_map_dev).
            string[] devices = summary.Devices.Count > 0 ? [$"--device={_folder["device"]}"] : [];
            Assert.That(Tool.Run("fsck.erofs", [.. devices, manifest]).Succeeded().Error, Is.Empty, $"tree {seed}");
            string said = Tool.Run("dump.erofs", ["-s", .. devices, manifest]).Succeeded().Text;
            Assert.That(said, Does.Match($"inode count: +{summary.Nodes}\n").And.Contains("sb_csum"));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_hundred_mounts_in_a_row_leave_nothing()
    {
        Need.FileSystem("erofs");
        string directory = _folder.CreateDirectory("mnt");
        int before = 0;
        for (int i = 0; i < 100; i++)
        {
            Mount(new RandomTree(i, _device), $"tree {i}", directory);
            Assert.That(MountTable.Find(directory), Does.Contain(" erofs "));
            Tool.Run("umount", directory).Succeeded();
            Assert.That(MountTable.IsMounted(directory), Is.False);
            before = i == 0 ? OpenDescriptors() : before;
        }

        Assert.That(OpenDescriptors(), Is.EqualTo(before));
        Assert.That(File.ReadAllText("/proc/self/mountinfo"), Does.Not.Contain(_folder.Path));
    }

    [Test]
    public void Who_mounts_takes_no_device_that_its_giver_may_not_read()
    {
        Need.FileSystem("erofs");
        string directory = _folder.CreateDirectory("mnt");
        File.WriteAllBytes(_folder["empty"], []);
        using FileDescriptor manifest = Files.Open(_folder["device"], OpenFlags.ReadOnly);
        using FileDescriptor named = Files.Open(_folder["device"], OpenFlags.Path);
        using FileDescriptor folder = Files.Open(_folder.Path, OpenFlags.ReadOnly);
        using FileDescriptor terminal = Files.Open("/dev/null", OpenFlags.ReadWrite);
        using FileDescriptor empty = Files.Open(_folder["empty"], OpenFlags.ReadOnly);
        foreach (FileDescriptor device in (FileDescriptor[])[named, folder, terminal, empty])
        {
            EngineException? refused = Assert.Throws<EngineException>(() => EngineMounter.MountCopy(manifest, [device], EngineWay.Files, new EngineRequest("none"), directory));
            Assert.That(refused!.Message, Is.EqualTo("what its files are said to lie on is no image"));
        }

        foreach (FileDescriptor none in (FileDescriptor[])[folder, terminal])
        {
            Assert.Throws<EngineException>(() => EngineMounter.MountCopy(none, [], EngineWay.Files, new EngineRequest("none"), directory));
        }

        Assert.That(MountTable.IsMounted(directory), Is.False);
    }

    [Test]
    public void Who_mounts_copies_no_manifest_that_is_too_long()
    {
        Need.FileSystem("erofs");
        using (FileStream file = File.Create(_folder["long"]))
        {
            file.SetLength((4L << 30) + ManifestOptions.UsualCopyLimit + 1);
        }

        using FileDescriptor manifest = Files.Open(_folder["long"], OpenFlags.ReadOnly);
        EngineException? refused = Assert.Throws<EngineException>(() => EngineMounter.MountCopy(manifest, [], EngineWay.Files, new EngineRequest("none"), _folder.Path));
        Assert.That(refused!.Message, Does.Contain("too long"));
    }

    private static void Mount(FileSystem tree, string name, string directory)
    {
        using var mount = EngineMount.Begin(new EngineRequest(name));
        mount.MountOn(mount.Read(tree), directory);
    }

    // Of manifests and of the device.
    private int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Count(path => File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName is { } target
        && (target == _folder["device"] || target.EndsWith("/manifest", StringComparison.Ordinal)));

    private static TreeListing Describe(FileSystem tree)
    {
        var entries = new List<TreeEntry>();
        Describe(tree, tree.Root, "/"u8, entries);
        return new TreeListing(entries);
    }

    private static void Describe(FileSystem tree, NodeId node, ReadOnlySpan<byte> path, List<TreeEntry> entries)
    {
        NodeAttributes attributes = tree.GetAttributes(node);
        var facts = new Dictionary<string, string>
        {
            ["mode"] = Convert.ToString(((int)attributes.Type << 12) | (int)attributes.Permissions, 8),
            ["uid"] = attributes.Uid.ToString(CultureInfo.InvariantCulture),
            ["gid"] = attributes.Gid.ToString(CultureInfo.InvariantCulture),
            ["nlink"] = attributes.LinkCount.ToString(CultureInfo.InvariantCulture),
            ["mtime"] = string.Create(CultureInfo.InvariantCulture, $"{attributes.ModifyTime.Seconds}.{attributes.ModifyTime.Nanoseconds:d9}"),
            ["xattr"] = DescribeAttributes(tree, node, attributes.Type),
        };
        switch (attributes.Type)
        {
            case NodeType.Regular:
                BlockSource file = tree.OpenFile(node);
                byte[] bytes = new byte[file.Length];
                file.ReadAt(0, bytes);
                facts["size"] = bytes.Length.ToString(CultureInfo.InvariantCulture);
                facts["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
                break;
            case NodeType.SymbolicLink:
                facts["target"] = TreeListing.Escape(tree.ReadLink(node));
                break;
            case NodeType.CharacterDevice:
                facts["rdev"] = $"{attributes.Device.Major},{attributes.Device.Minor}";
                break;
            default:
                break;
        }

        entries.Add(new TreeEntry(TreeListing.Escape(path), facts));
        foreach (NamedNode entry in attributes.Type == NodeType.Directory ? DirectoryContents.Read(tree, node).Entries : [])
        {
            Describe(tree, entry.Node, (byte[])[.. path.TrimEnd((byte)'/'), (byte)'/', .. entry.Name], entries);
        }
    }

    // Linux gives those of users of files and directories only (xattr_permission).
    private static string DescribeAttributes(FileSystem tree, NodeId node, NodeType type)
    {
        bool hasUsers = type is NodeType.Regular or NodeType.Directory;
        return string.Concat(tree.ListExtendedAttributes(node).Select(name => ByteText.FromBytes(name)).Order(StringComparer.Ordinal).Select(name =>
            hasUsers || !name.StartsWith("user.", StringComparison.Ordinal)
                ? $"{name}:{Convert.ToHexStringLower(tree.GetExtendedAttribute(node, ByteText.ToBytes(name))!)},"
                : $"{name}:{NoData},"));
    }
}
