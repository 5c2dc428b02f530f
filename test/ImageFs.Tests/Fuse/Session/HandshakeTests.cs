using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Session;
using ImageFs.Linux;

namespace ImageFs.Tests.Fuse.Session;

/// <summary>FUSE_INIT with kernels old, new and strange.</summary>
public sealed class HandshakeTests
{
    private const uint AllOldFlags = 0x0FFFFFFF;

    [TestCase(31u, 31)]
    [TestCase(38u, 38)]
    [TestCase(45u, 45)]
    [TestCase(99u, 45)]
    public void The_smaller_minor_is_spoken(uint kernel, int expected)
    {
        FuseConnection connection = Run(out FuseInitOut answer, new FuseInitIn { Major = 7, Minor = kernel, Flags = AllOldFlags });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(connection.Minor, Is.EqualTo(expected));
            Assert.That(connection.KernelMinor, Is.EqualTo(kernel));
            Assert.That(answer.Major, Is.EqualTo(7));
            Assert.That(answer.MaxWrite, Is.EqualTo(4096));
            Assert.That(answer.MaxPages * PageBuffer.PageSize, Is.EqualTo(512 * 1024));
            Assert.That(answer.TimeGran, Is.EqualTo(1));
            Assert.That(answer.MaxBackground, Is.EqualTo(64));
            Assert.That(answer.CongestionThreshold, Is.EqualTo(48));
        }
    }

    [Test]
    public void Only_what_is_offered_and_wanted_is_agreed_on()
    {
        FuseConnection connection = Run(out FuseInitOut answer, new FuseInitIn { Major = 7, Minor = 45, Flags = uint.MaxValue, Flags2 = uint.MaxValue });
        FuseInitFlags expected =
            FuseInitFlags.AsyncRead | FuseInitFlags.ExportSupport | FuseInitFlags.HasIoctlDir | FuseInitFlags.DoReaddirplus |
            FuseInitFlags.ParallelDirops | FuseInitFlags.AbortError | FuseInitFlags.MaxPages |
            FuseInitFlags.CacheSymlinks | FuseInitFlags.ExplicitInvalData;
        Assert.That(connection.Flags, Is.EqualTo(expected));
        Assert.That(answer.Flags2, Is.Zero);

        connection = Run(out _, new FuseInitIn { Major = 7, Minor = 31, Flags = (uint)(FuseInitFlags.AsyncRead | FuseInitFlags.MaxPages) });
        Assert.That(connection.Flags, Is.EqualTo(FuseInitFlags.AsyncRead | FuseInitFlags.MaxPages));
    }

    [Test]
    public void A_ring_is_agreed_on_where_it_is_offered_and_can_be_had([Values] bool offered, [Values] bool possible)
    {
        uint flags2 = offered ? (uint)((ulong)FuseInitFlags.OverIoUring >> 32) : 0;
        var asked = new FuseInitIn { Major = 7, Minor = 45, Flags = (uint)FuseInitFlags.InitExt, Flags2 = flags2 };
        int calls = 0;
        FuseInitOut answer = FuseHandshake.Negotiate(in asked, mayBeIdmapped: false, prepareRing: () => ++calls > 0 && possible);
        Assert.That(calls, Is.EqualTo(offered ? 1 : 0));
        Assert.That(answer.Flags2, Is.EqualTo(offered && possible ? flags2 : 0));
        Assert.That(FuseHandshake.Negotiate(in asked, mayBeIdmapped: false).Flags2, Is.Zero, "nobody wants it");
    }

    [Test]
    public void Idmapped_mounts_go_with_default_permissions()
    {
        var asked = new FuseInitIn { Major = 7, Minor = 45, Flags = (uint)FuseInitFlags.InitExt, Flags2 = uint.MaxValue };
        FuseInitOut answer = FuseHandshake.Negotiate(in asked, mayBeIdmapped: true);
        Assert.That((FuseInitFlags)answer.Flags, Is.EqualTo(FuseInitFlags.InitExt));
        Assert.That(answer.Flags2, Is.EqualTo((uint)((ulong)FuseInitFlags.AllowIdmap >> 32)));

        asked.Flags = 0;
        Assert.That(FuseHandshake.Negotiate(in asked, mayBeIdmapped: true).Flags2, Is.Zero, "flags2 is noise without INIT_EXT");
    }

    [Test]
    public void An_old_kernels_INIT_is_sixteen_bytes()
    {
        var transport = new FakeTransport();
        var asked = new FuseInitIn { Major = 7, Minor = 31, Flags = AllOldFlags };
        transport.Requests.Enqueue(FakeTransport.Request(FuseOpcode.Init, 0, MemoryMarshal.AsBytes(new Span<FuseInitIn>(ref asked))[..16]));
        Assert.That(FuseHandshake.Run(transport, false).Minor, Is.EqualTo(31));
    }

    [TestCase(7u, 30u)]
    [TestCase(7u, 0u)]
    [TestCase(6u, 99u)]
    public void Too_old_kernels_are_told_so(uint major, uint minor)
    {
        var transport = new FakeTransport();
        transport.Requests.Enqueue(FakeTransport.Request(FuseOpcode.Init, 0, new FuseInitIn { Major = major, Minor = minor }));
        Assert.That(() => FuseHandshake.Run(transport, false), Throws.TypeOf<FuseMountException>().With.Message.Contains("Linux 5.4"));
        Assert.That(transport.Replies.Single().Error, Is.EqualTo(Errno.EPROTO));
    }

    [Test]
    public void A_larger_major_asks_again()
    {
        var transport = new FakeTransport();
        transport.Requests.Enqueue(FakeTransport.Request(FuseOpcode.Init, 0, new FuseInitIn { Major = 8, Minor = 1 }));
        transport.Requests.Enqueue(FakeTransport.Request(FuseOpcode.Init, 0, new FuseInitIn { Major = 7, Minor = 45 }));
        Assert.That(FuseHandshake.Run(transport, false).Minor, Is.EqualTo(45));
        Assert.That(transport.Replies.Select(reply => reply.As<FuseInitOut>().Major), Is.EqualTo(new uint[] { 7, 7 }));
    }

    [Test]
    public void What_is_no_INIT_is_refused()
    {
        byte[][] messages = [FakeTransport.Request(FuseOpcode.Lookup, 1, "a\0"u8), FakeTransport.Request(FuseOpcode.Init, 0, new byte[15]), [1, 2, 3]];
        foreach (byte[] message in messages)
        {
            var transport = new FakeTransport();
            transport.Requests.Enqueue(message);
            Assert.That(() => FuseHandshake.Run(transport, false), Throws.TypeOf<FuseMountException>());
        }
    }

    [Test]
    public void An_end_before_INIT_is_an_error() =>
        Assert.That(() => FuseHandshake.Run(new FakeTransport(), false), Throws.TypeOf<FuseMountException>());

    [Test]
    public void A_refused_reply_is_an_error()
    {
        var transport = new FakeTransport { Verdict = Errno.EINVAL };
        transport.Requests.Enqueue(FakeTransport.Request(FuseOpcode.Init, 0, new FuseInitIn { Major = 7, Minor = 45 }));
        Assert.That(() => FuseHandshake.Run(transport, false), Throws.TypeOf<FuseMountException>());
    }

    [TestCase(true, 1u << 5, 2u)]
    [TestCase(true, 0u, 0u)]
    [TestCase(false, 1u << 5, 0u)]
    public void Passthrough_is_agreed_when_it_is_wanted_and_offered(bool isWanted, uint offered, uint depth)
    {
        FuseInitOut answer = FuseHandshake.Negotiate(
            new FuseInitIn { Major = 7, Minor = 45, Flags = (uint)FuseInitFlags.InitExt, Flags2 = offered }, mayBeIdmapped: false, passesThrough: isWanted);
        Assert.That((answer.Flags2, answer.MaxStackDepth), Is.EqualTo((depth > 0 ? 1u << 5 : 0u, depth)));
    }

    private static FuseConnection Run(out FuseInitOut answer, FuseInitIn asked)
    {
        var transport = new FakeTransport();
        transport.Requests.Enqueue(FakeTransport.Request(FuseOpcode.Init, 0, asked));
        FuseConnection connection = FuseHandshake.Run(transport, mayBeIdmapped: false);
        answer = transport.Replies.Single().As<FuseInitOut>();
        return connection;
    }
}
