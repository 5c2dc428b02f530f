using System.Buffers.Binary;
using ImageFs.Images;
using ImageFs.Images.Headers;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Images;

/// <summary>Images behind a program or a boot header are found without an offset.</summary>
internal sealed class HeadersTests
{
    private const string Program = "/bin/true";
    private const int Rounds = 300;

    private static readonly byte[] s_ext = DiskImage.Read("ext/ext4.img");

    private string _path = string.Empty;

    [SetUp]
    public void Make() => _path = Path.GetTempFileName();

    [TearDown]
    public void Remove() => File.Delete(_path);

    [Test]
    public void A_program_ends_where_its_headers_and_what_they_name_end()
    {
        byte[] program = File.ReadAllBytes(Program);
        Assert.That(ElfHeader.FindEnd(new MemorySource(program)), Is.EqualTo(program.Length));
        Assert.That(ElfHeader.FindEnd(new MemorySource((byte[])[.. program, .. s_ext])), Is.EqualTo(program.Length));
    }

    [TestCase(0)]
    [TestCase(512)]
    [TestCase(4096)]
    public void An_image_behind_a_program_is_shown(int alignment)
    {
        byte[] program = File.ReadAllBytes(Program);
        int start = alignment == 0 ? program.Length : (program.Length + alignment - 1) / alignment * alignment;
        Write([.. program, .. new byte[start - program.Length], .. s_ext]);
        using ImageStack stack = ImageStack.Open(_path, new OpenContext());
        Disk disk = stack.OpenDisk(VolumeChoice.None);
        Assert.That((disk.Container!.Format, disk.Source.Length, disk.Container.Describe().Find("offset")), Is.EqualTo(("elf", (long)s_ext.Length, (object)(long)start)));
        BlockSource file = stack.OpenFileSystem().OpenFile("hello.txt");
        Assert.That(file.Length, Is.EqualTo(20));
        Assert.That(file.Locate(0, 20).Source, Is.InstanceOf<FileDevice>(), "its bytes are the image's own");
    }

    [Test]
    public void An_offset_counts_from_the_start_of_the_file()
    {
        byte[] program = File.ReadAllBytes(Program);
        Write([.. program, .. s_ext]);
        using ImageStack stack = ImageStack.Open(_path, OpenContext.Of($"offset={program.Length}"));
        Assert.That(stack.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));

        // In a container that is named it counts in that.
        Write([.. program, .. s_ext, .. s_ext]);
        using ImageStack named = ImageStack.Open(_path, OpenContext.Of($"container=elf,offset={s_ext.Length}"));
        Assert.That(named.OpenDisk(VolumeChoice.Take(named.Context)).Source.Length, Is.EqualTo(s_ext.Length));
    }

    [Test]
    public void A_program_in_the_first_sectors_of_a_disc_does_not_hide_it()
    {
        byte[] iso = DiskImage.Read("sample.iso");
        Write([.. iso]);
        byte[] program = File.ReadAllBytes(Program);
        program.AsSpan(0, Math.Min(program.Length, 32 << 10)).CopyTo(iso);
        Write(iso);
        using ImageStack stack = ImageStack.Open(_path, new OpenContext());
        Assert.That(stack.OpenFileSystem().Format, Is.EqualTo("iso9660"));
    }

    [Test]
    public void A_program_alone_is_called_one()
    {
        Write(File.ReadAllBytes(Program));
        using ImageStack stack = ImageStack.Open(_path, new OpenContext());
        Assert.That(() => stack.OpenFileSystem(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("a program (ELF)"));
        using ImageStack told = ImageStack.Open(_path, OpenContext.Of("container=elf"));
        Assert.That(() => told.OpenFileSystem(), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("offset="));
    }

    [Test]
    public void An_image_behind_the_header_of_U_Boot_is_shown_and_ends_where_it_says()
    {
        byte[] header = new byte[64];
        UImageHeader.Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(12), s_ext.Length);
        Write([.. header, .. s_ext, .. new byte[1000]]);
        using ImageStack stack = ImageStack.Open(_path, new OpenContext());
        Assert.That(stack.OpenDisk(VolumeChoice.None).Source.Length, Is.EqualTo(s_ext.Length));
        Assert.That(stack.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
    }

    [Test]
    public void Changed_headers_of_programs_give_an_end_in_the_file_or_none()
    {
        byte[] program = File.ReadAllBytes(Program);
        var random = new Random(1);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = [.. program.AsSpan(0, random.Next(program.Length))];
            for (int i = random.Next(1, 6); i > 0 && bytes.Length > 4; i--)
            {
                bytes[random.Next(4, Math.Min(bytes.Length, random.Next(2) == 0 ? 64 : 800))] = (byte)random.Next(256);
            }

            MutantWalk.Try(() => Assert.That(ElfHeader.FindEnd(new MemorySource(bytes)) ?? 64, Is.InRange(64, Math.Max(64, bytes.Length))));
        }
    }

    private void Write(byte[] bytes) => File.WriteAllBytes(_path, bytes);
}
