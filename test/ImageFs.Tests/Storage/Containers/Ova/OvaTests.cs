using System.Text;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Ova;
using ImageFs.Tests.FileSystems.Tar;
using ImageFs.Tree;

namespace ImageFs.Tests.Storage.Containers.Ova;

/// <summary>Virtual machines in archives: with qemu's disks, and a description as VirtualBox and VMware write it.</summary>
internal sealed class OvaTests
{
    private const int Length = 3 << 20;

    private DiskFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new DiskFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [TestCase("streamOptimized")]
    [TestCase("monolithicSparse")]
    public void One_disk_opens_by_itself(string subformat)
    {
        byte[] source = MakeOva(subformat, "a.ova", ("vm-disk1.vmdk", ""));
        BlockSource disk = _folder.Open("a.ova");
        DiskAssert.Holds(disk, source);
        Container container = (Container)disk;
        Assert.That(container.Format, Is.EqualTo("vmdk"));
        Assert.That(container.OutermostFirst().Select(around => around.Format), Is.EqualTo((string[])["ova"]));
        Assert.That(container.Around!.Describe().Find("disk"), Is.EqualTo("vm-disk1.vmdk"));

        // Its bytes are where they lie in the archive.
        if (subformat == "monolithicSparse")
        {
            byte[] archive = File.ReadAllBytes(_folder["a.ova"]);
            long offset = Enumerable.Range(0, Length / 4096).Select(i => i * 4096L).First(at => source.AsSpan((int)at, 4096).ContainsAnyExcept((byte)0));
            LocatedExtent extent = disk.Locate(offset, 4096);
            Assert.That(extent.Source, Is.InstanceOf<FileDevice>());
            Assert.That(archive.AsSpan((int)extent.Address, (int)extent.Length).SequenceEqual(source.AsSpan((int)offset, (int)extent.Length)));
        }
    }

    [Test]
    public void A_disk_that_is_compressed_besides_opens_too()
    {
        byte[] source = MakeOva("monolithicSparse", "a.ova", ("disk.vmdk", "ovf:compression=\"gzip\""));
        DiskAssert.Holds(_folder.Open("a.ova"), source);
    }

    [Test]
    public void A_path_leads_to_each_file_of_the_archive()
    {
        byte[] source = MakeOva("streamOptimized", "a.ova", ("one.vmdk", ""), ("two.vmdk", ""));
        foreach (string name in (string[])["one.vmdk", "two.vmdk"])
        {
            using ImageStack stack = ImageStack.Open($"{_folder["a.ova"]}//{name}");
            DiskAssert.Holds(stack.OpenDisk(VolumeChoice.None).Source, source);
        }

        // With several disks it is an archive.
        using ImageStack archive = ImageStack.Open(_folder["a.ova"]);
        FileSystem files = archive.OpenFileSystem();
        Assert.That(files.Format, Is.EqualTo("tar"));
        Assert.That(files.TryLookup(files.Root, "vm.ovf"u8, out _));

        // With one it is that disk, and a path leads to the files all the same.
        MakeOva("streamOptimized", "b.ova", ("one.vmdk", ""));
        using ImageStack inner = ImageStack.Open($"{_folder["b.ova"]}//one.vmdk");
        DiskAssert.Holds(inner.OpenDisk(VolumeChoice.None).Source, source);
        using ImageStack text = ImageStack.Open($"{_folder["b.ova"]}//vm.ovf");
        Assert.That(text.Length, Is.GreaterThan(100));
    }

    [Test]
    public void A_disk_that_is_missing_or_in_parts_is_named()
    {
        File.WriteAllBytes(_folder["a.ova"], [.. TarTests.Member("vm.ovf", '0', Describe(("gone.vmdk", ""))), .. TarTests.End]);
        Assert.That(() => _folder.Open("a.ova"), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("gone.vmdk"));
        File.WriteAllBytes(_folder["a.ova"], [.. TarTests.Member("vm.ovf", '0', Describe(("parts.vmdk", "ovf:chunkSize=\"2147483648\""))), .. TarTests.End]);
        Assert.That(() => _folder.Open("a.ova"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("parts.vmdk is in parts"));
        File.WriteAllBytes(_folder["a.ova"], [.. TarTests.Member("vm.ovf", '0', Describe()), .. TarTests.End]);
        Assert.That(() => _folder.Open("a.ova", format: "ova"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("names none, or several"));
    }

    [Test]
    public void A_description_is_read_whatever_its_name_spaces()
    {
        const string Xml =
            """
            <?xml version='1.0'?><!-- <File ovf:id="no" ovf:href="no"/> -->
            <ns0:Envelope><ns0:References>
              <ns0:File ns0:href='a &amp; b.vmdk'   ns0:size = '12' ns0:id='f1' /><File id="f2" href="empty.iso"/>
            </ns0:References><DiskSection><Disk ns0:diskId="d" ns0:fileRef="f1"/><Disk diskId="without"/><Disk fileRef="nowhere"/>
            """;
        Assert.That(OvfDescriptor.ReadDisks(Xml), Is.EqualTo((OvfDescriptor.Disk[])[new("a & b.vmdk", false)]));
        for (int length = 0; length < Xml.Length; length++)
        {
            string part = Xml[..length];
            Assert.That(() => OvfDescriptor.ReadDisks(part), Throws.Nothing, part);
        }
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only()
    {
        _folder.WriteSource(1 << 18);
        _folder.Image("convert", "-O", "vmdk", "-o", "subformat=monolithicSparse", DiskFolder.Source, "disk");
        byte[] disk = File.ReadAllBytes(_folder["disk"]);
        DiskMutations.Check([.. TarTests.Member("vm.ovf", '0', Describe(("disk.vmdk", ""))), .. TarTests.Member("disk.vmdk", '0', disk), .. TarTests.End], 91);
    }

    // As VirtualBox does.
    private byte[] MakeOva(string subformat, string name, params (string Name, string Attributes)[] disks)
    {
        byte[] source = _folder.WriteSource(Length);
        _folder.Image("convert", "-O", "vmdk", "-o", $"subformat={subformat}", DiskFolder.Source, "disk");
        File.WriteAllBytes(_folder["vm.ovf"], Encoding.UTF8.GetBytes(Describe(disks)));
        foreach ((string disk, string attributes) in disks)
        {
            File.Copy(_folder["disk"], _folder[disk], overwrite: true);
            if (attributes.Contains("gzip", StringComparison.Ordinal))
            {
                _folder.Run("sh", ["-c", $"gzip -n -c disk >{disk}"]);
            }
        }

        _folder.Run("tar", ["--create", "--format=ustar", $"--file={name}", "vm.ovf", .. disks.Select(disk => disk.Name)]);
        foreach ((string disk, _) in disks)
        {
            File.Delete(_folder[disk]);
        }

        return source;
    }

    private static string Describe(params (string Name, string Attributes)[] disks) =>
        $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <Envelope ovf:version="1.0" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
          <References>
            {string.Concat(disks.Select(disk => $"<File ovf:href=\"{disk.Name}\" ovf:id=\"file-{disk.Name}\" ovf:size=\"1\" {disk.Attributes}/>"))}
          </References>
          <DiskSection>
            <Info>disks</Info>
            {string.Concat(disks.Select(disk => $"<Disk ovf:capacity=\"1\" ovf:diskId=\"d-{disk.Name}\" ovf:fileRef=\"file-{disk.Name}\"/>"))}
          </DiskSection>
        </Envelope>
        """;
}
