using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Fuse.Replies;

/// <summary>The invariants of the pipe: whole replies or none, and never a dirty pipe.</summary>
public sealed class ReplyPipeTests
{
    private const int MiB = 1 << 20;

    private TestImage _image = null!;
    private TargetPipe _target = null!;

    [SetUp]
    public void Open()
    {
        _image = new TestImage((2 * MiB) + 777);
        _target = new TargetPipe();
    }

    [TearDown]
    public void Close()
    {
        _image.Dispose();
        _target.Dispose();
    }

    [TestCase(0, 4096)]
    [TestCase(0, 1)]
    [TestCase(2048, 4096)]
    [TestCase(2048, 512 * 1024)]
    [TestCase(513, 131_071)]
    [TestCase(4095, 2)]
    [TestCase((2 * MiB) + 776, 1)]
    public void An_extent_goes_out_whole(long address, int length)
    {
        using var pipe = new ReplyPipe(MiB);
        Assert.That(Send(pipe, _image.Layout((address, length))), Is.EqualTo(Fallback.None));
        AssertReply(_image.Bytes.AsSpan((int)address, length));
    }

    [Test]
    public void Several_extents_go_out_as_one()
    {
        using var pipe = new ReplyPipe(MiB);
        Assert.That(Send(pipe, _image.Layout((2047, 10), (0, 6144), (99_999, 3), (1_000_000, 100_000))), Is.EqualTo(Fallback.None));
        AssertReply([.. _image.Bytes[2047..2057], .. _image.Bytes[..6144], .. _image.Bytes[99_999..100_002], .. _image.Bytes[1_000_000..1_100_000]]);
    }

    [Test]
    public void One_reply_after_another()
    {
        using var pipe = new ReplyPipe(MiB);
        for (int i = 0; i < 100; i++)
        {
            int address = i * 1013;
            Assert.That(Send(pipe, _image.Layout((address, 10_000)), unique: (ulong)i), Is.EqualTo(Fallback.None));
            AssertReply(_image.Bytes.AsSpan(address, 10_000), unique: (ulong)i);
        }
    }

    [Test]
    public void The_pipe_is_counted_in_slots()
    {
        using var pipe = new ReplyPipe(MiB);
        Assert.That(pipe.Slots, Is.EqualTo((MiB / PageBuffer.PageSize) - 1));
    }

    [Test]
    public void Every_slot_can_be_filled()
    {
        using var pipe = new ReplyPipe(64 * 1024);
        Assert.That(pipe.Slots, Is.EqualTo((64 * 1024 / PageBuffer.PageSize) - 1));
        int length = (pipe.Slots - 1) * PageBuffer.PageSize;
        var plan = new ReplyPlan(8);
        Assert.That(plan.Make(_image.Layout((2048, length)), 0, length), Is.EqualTo(Fallback.None));
        Assert.That(plan.Slots, Is.EqualTo(pipe.Slots));
        Assert.That(Send(pipe, _image.Layout((2048, length))), Is.EqualTo(Fallback.None));
        AssertReply(_image.Bytes.AsSpan(2048, length));
    }

    [Test]
    public void A_full_pipe_is_a_fault_and_not_a_deadlock()
    {
        using var pipe = new ReplyPipe(64 * 1024);
        Assert.That(Send(pipe, _image.Layout((0, MiB))), Is.EqualTo(Fallback.PipeFull));
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void A_pipe_that_does_not_grow_stays_small()
    {
        // Not even root gets more than 2^31 bytes.
        using var pipe = new ReplyPipe(-1);
        Assert.That(pipe.Slots, Is.EqualTo(15));
        Assert.That(Send(pipe, _image.Layout((0, 8192))), Is.EqualTo(Fallback.None));
        AssertReply(_image.Bytes.AsSpan(0, 8192));
    }

    [TestCase(100_000)]
    [TestCase(0)]
    public void A_short_source_is_a_fault(int cut)
    {
        using var pipe = new ReplyPipe(MiB);
        _image.Truncate(cut);
        Assert.That(Send(pipe, _image.Layout((90_000, 20_000))), Is.EqualTo(Fallback.ShortSource));
        _image.Truncate(_image.Bytes.Length);
        using TestImage other = new(50_000);
        Assert.That(_target.Take(), Is.Empty);
        Assert.That(Send(pipe, other.Layout((1, 40_000))), Is.EqualTo(Fallback.None));
        AssertReply(other.Bytes.AsSpan(1, 40_000));
    }

    [Test]
    public void A_source_that_cannot_be_spliced_from_is_a_fault()
    {
        // A regular file that the kernel reads and does not splice.
        using FileDevice memory = FileDevice.Open("/proc/self/mem");
        using var pipe = new ReplyPipe(MiB);
        var extent = new LocatedExtent(0, 4096, ExtentKind.Mapped, 0, memory);
        Assert.That(pipe.Send(_target.Descriptor, 1, 4096, [extent], false, out _), Is.EqualTo(Fallback.SourceRefused));
        Assert.That(pipe.Refuser, Is.SameAs(memory));
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void An_exception_leaves_a_clean_pipe()
    {
        using var pipe = new ReplyPipe(MiB);
        using TestImage closed = new(50_000);
        closed.Device.Dispose();
        Assert.That(() => Send(pipe, closed.Layout((0, 4096))), Throws.TypeOf<ObjectDisposedException>());
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void A_target_that_takes_no_pages_is_a_fault()
    {
        using var pipe = new ReplyPipe(MiB);
        string path = Path.GetTempFileName();
        using (FileDescriptor readOnly = Files.Open(path, OpenFlags.ReadOnly))
        {
            Assert.That(Send(pipe, _image.Layout((0, 8192)), readOnly, out Errno errno), Is.EqualTo(Fallback.NotCommitted));
            Assert.That(errno, Is.EqualTo(Errno.EBADF));
        }

        File.Delete(path);
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void A_reply_that_is_taken_in_part_is_a_fault()
    {
        using var pipe = new ReplyPipe(MiB);
        using var small = new TargetPipe(4096);
        Assert.That(Send(pipe, _image.Layout((0, 100_000)), small.Descriptor, out _), Is.EqualTo(Fallback.NotCommitted));
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void Extents_that_do_not_add_up_to_the_reply_are_a_fault()
    {
        using var pipe = new ReplyPipe(MiB);
        LocatedExtent extent = _image.Layout((0, 4096)).Locate(0, 4096);
        Assert.That(pipe.Send(_target.Descriptor, 1, 5000, [extent], false, out _), Is.EqualTo(Fallback.NotCommitted));
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void One_thread_owns_it()
    {
        using var pipe = new ReplyPipe(MiB);
        Assert.That(Send(pipe, _image.Layout((0, 100))), Is.EqualTo(Fallback.None));
        Exception? caught = null;
        var other = new Thread(() =>
        {
            try
            {
                Send(pipe, _image.Layout((0, 100)));
            }
            catch (InvalidOperationException e)
            {
                caught = e;
            }
        });
        other.Start();
        other.Join();
        Assert.That(caught, Is.Not.Null);
    }

    [Test]
    public void Its_descriptors_are_close_on_exec_and_do_not_block()
    {
        using var pipe = Pipe.Create(MiB);
        foreach (FileDescriptor end in (FileDescriptor[])[pipe.ReadEnd, pipe.WriteEnd])
        {
            string flags = File.ReadLines($"/proc/self/fdinfo/{end.Number}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
            int value = Convert.ToInt32(flags.Split('\t')[1], 8);
            Assert.That((OpenFlags)value & (OpenFlags.NonBlocking | OpenFlags.CloseOnExec), Is.EqualTo(OpenFlags.NonBlocking | OpenFlags.CloseOnExec));
        }
    }

    [TestCase(0, 4096)]
    [TestCase(512, 512 * 1024)]
    [TestCase(2048, 100_000)]
    [TestCase(512, 1)]
    [TestCase(4096, 1_000_777)]
    public void An_extent_goes_out_past_the_cache(long address, int length)
    {
        if (_image.Device.Direct?.Alignment != 512)
        {
            Assert.Ignore("the test folder's disk is not read in sectors of 512 bytes, past the cache");
        }

        using var pipe = new ReplyPipe(MiB);
        Files.DropFromCache(_image.Device.Descriptor, 0, 0);
        for (ulong unique = 0; unique < 3; unique++)
        {
            Assert.That(Send(pipe, _image.Layout((address, length)), _target.Descriptor, out _, unique, isDirect: true), Is.EqualTo(Fallback.None));
            AssertReply(_image.Bytes.AsSpan((int)address, length), unique);
        }
    }

    [Test]
    public void The_last_bytes_of_an_image_go_out_past_the_cache()
    {
        if (_image.Device.Direct is null)
        {
            Assert.Ignore("the test folder's file system has no direct I/O");
        }

        using var pipe = new ReplyPipe(MiB);
        const int address = 2 * MiB;
        Assert.That(Send(pipe, _image.Layout((address, 777)), _target.Descriptor, out _, isDirect: true), Is.EqualTo(Fallback.None));
        AssertReply(_image.Bytes.AsSpan(address));
        _image.Truncate(address + 600);
        Assert.That(Send(pipe, _image.Layout((address, 777)), _target.Descriptor, out _, isDirect: true), Is.EqualTo(Fallback.ShortSource));
        AssertCleanAfterFault(pipe);
    }

    [Test]
    public void Zeros_take_no_source()
    {
        using var pipe = new ReplyPipe(MiB);
        ExtentMap map = new ExtentMapBuilder().AppendMapped(1000, 7).Append(200_000, ExtentKind.Hole).AppendMapped(1000, 5000)
            .Append(5, ExtentKind.Unwritten).Build();
        Assert.That(Send(pipe, new MappedSource(_image.Device, map)), Is.EqualTo(Fallback.None));
        AssertReply([.. _image.Bytes[7..1007], .. new byte[200_000], .. _image.Bytes[5000..6000], .. new byte[5]]);
    }

    private static Fallback Send(ReplyPipe pipe, BlockSource source, FileDescriptor target, out Errno errno, ulong unique = 1, bool isDirect = false)
    {
        var plan = new ReplyPlan(512);
        int length = (int)source.Length;
        Assert.That(plan.Make(source, 0, length), Is.EqualTo(Fallback.None));
        return pipe.Send(target, unique, length, plan.Extents, isDirect, out errno);
    }

    private Fallback Send(ReplyPipe pipe, BlockSource source, ulong unique = 1) => Send(pipe, source, _target.Descriptor, out _, unique);

    private void AssertCleanAfterFault(ReplyPipe pipe)
    {
        Assert.That(_target.Take(), Is.Empty, "nothing of the failed reply went out");
        Assert.That(Send(pipe, _image.Layout((5000, 3000)), unique: 9), Is.EqualTo(Fallback.None));
        AssertReply(_image.Bytes.AsSpan(5000, 3000), unique: 9);
    }

    private void AssertReply(ReadOnlySpan<byte> payload, ulong unique = 1)
    {
        byte[] message = _target.Take();
        FuseOutHeader header = MemoryMarshal.Read<FuseOutHeader>(message);
        Assert.That(message, Has.Length.EqualTo(16 + payload.Length));
        Assert.That((header.Len, header.Error, header.Unique), Is.EqualTo(((uint)message.Length, 0, unique)));
        Assert.That(message.AsSpan(16).SequenceEqual(payload), Is.True);
    }
}
