using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Linux;

namespace ImageFs.Fuse.Session;

/// <summary>FUSE_INIT: the first request, which settles version and features.</summary>
internal static class FuseHandshake
{
    // fuse_init_in of kernels before 7.36 ends after its flags.
    private const int OldInitSize = 16;

    // The kernel's least: nothing is ever written, and a worker's request buffer can be small.
    private const uint MaxWrite = 4096;

    // The kernel takes the smaller of this and what the mount's read_ahead_kb says.
    private const uint MaxReadahead = 1 << 30;

    // FILESYSTEM_MAX_STACK_DEPTH: a backing file is one of a file system that lies in a file itself.
    private const uint MaxStackDepth = 2;
    private const ushort MaxBackground = 64;
    private const ushort CongestionThreshold = 48;

    // Without FUSE_READDIRPLUS_AUTO, which gives only a part of a tree its attributes, and has the rest looked up one by one.
    private const FuseInitFlags Wanted =
        FuseInitFlags.AsyncRead | FuseInitFlags.ExportSupport | FuseInitFlags.HasIoctlDir | FuseInitFlags.DoReaddirplus |
        FuseInitFlags.ParallelDirops | FuseInitFlags.AbortError | FuseInitFlags.MaxPages |
        FuseInitFlags.CacheSymlinks;

    /// <summary>Answers INIT.</summary>
    /// <param name="transport">Where it comes from; nothing was received there yet.</param>
    /// <param name="mayBeIdmapped">
    /// Whether the mount may be idmapped: with default_permissions only, and where nobody asks who sends a request.
    /// </param>
    /// <param name="mayChange">Whether some node of the tree may change.</param>
    /// <param name="prepareRing">Makes ready to be asked by io_uring; called when the kernel offers it. Null not to take the offer.</param>
    /// <param name="passesThrough">Whether the kernel is to read files by itself.</param>
    /// <param name="trace">Shows it; null where nobody wants to see it.</param>
    /// <exception cref="FuseMountException">The kernel is too old, speaks something else, or has gone.</exception>
    public static FuseConnection Run(
        IFuseTransport transport,
        bool mayBeIdmapped,
        bool mayChange = false,
        Func<bool>? prepareRing = null,
        bool passesThrough = false,
        FuseTrace? trace = null)
    {
        while (transport.TryReceive(out ReadOnlySpan<byte> message))
        {
            if (!FuseRequest.TryParse(message, out FuseRequest request) || request.Opcode != FuseOpcode.Init ||
                request.Body.Length < OldInitSize)
            {
                throw new FuseMountException("the kernel's first request is not FUSE_INIT as it should be");
            }

            trace?.Request(in request);
            FuseInitIn asked = Read(request.Body);
            if (asked.Major > FuseProtocol.Major)
            {
                // Told which major is spoken here, the kernel asks again with that one.
                Reply(transport, request.Header.Unique, new FuseInitOut { Major = FuseProtocol.Major });
                continue;
            }

            if (asked.Major < FuseProtocol.Major || asked.Minor < FuseProtocol.OldestMinor)
            {
                _ = transport.Reply(request.Header.Unique, Errno.EPROTO, 0);
                throw new FuseMountException(
                    $"the kernel speaks FUSE {asked.Major}.{asked.Minor}; at least " +
                    $"{FuseProtocol.Major}.{FuseProtocol.OldestMinor} is needed: Linux 5.4 or newer");
            }

            FuseInitOut answer = Negotiate(in asked, mayBeIdmapped, mayChange, prepareRing, passesThrough);
            Reply(transport, request.Header.Unique, answer);
            var agreed = new FuseConnection
            {
                Minor = (int)answer.Minor,
                KernelMinor = (int)asked.Minor,
                Flags = FlagsOf(answer.Flags, answer.Flags2),
                MaxReadahead = asked.MaxReadahead,
                MaxRead = answer.MaxPages * PageBuffer.PageSize,
                MaxBackground = answer.MaxBackground,
            };
            trace?.Agreed(agreed);
            return agreed;
        }

        throw new FuseMountException("the mount was taken away before it was ready");
    }

    /// <summary>The answer to what a kernel of our major version asks.</summary>
    public static FuseInitOut Negotiate(
        in FuseInitIn asked,
        bool mayBeIdmapped,
        bool mayChange = false,
        Func<bool>? prepareRing = null,
        bool passesThrough = false)
    {
        FuseInitFlags offered = FlagsOf(asked.Flags, asked.Flags2);
        FuseInitFlags wanted = Wanted | (mayChange ? FuseInitFlags.AutoInvalData : FuseInitFlags.ExplicitInvalData);
        if (mayBeIdmapped)
        {
            // Without default_permissions the kernel refuses it and ends the connection.
            wanted |= FuseInitFlags.AllowIdmap;
        }

        if (passesThrough)
        {
            wanted |= FuseInitFlags.Passthrough;
        }

        // A server that takes it needs a queue for each processor: until then requests wait.
        if (offered.HasFlag(FuseInitFlags.OverIoUring) && prepareRing?.Invoke() == true)
        {
            wanted |= FuseInitFlags.OverIoUring;
        }

        FuseInitFlags agreed = offered & wanted;
        if ((ulong)agreed > uint.MaxValue)
        {
            agreed |= FuseInitFlags.InitExt;
        }

        return new FuseInitOut
        {
            Major = FuseProtocol.Major,
            Minor = Math.Min(asked.Minor, FuseProtocol.NewestMinor),
            MaxReadahead = MaxReadahead,
            Flags = unchecked((uint)agreed),
            Flags2 = (uint)((ulong)agreed >> 32),
            MaxBackground = MaxBackground,
            CongestionThreshold = CongestionThreshold,
            MaxWrite = MaxWrite,
            TimeGran = 1,
            MaxStackDepth = agreed.HasFlag(FuseInitFlags.Passthrough) ? MaxStackDepth : 0,
            MaxPages = (ushort)(FuseChannel.MaxPayload / PageBuffer.PageSize),
        };
    }

    // flags2 means something only where the kernel says that it is there.
    private static FuseInitFlags FlagsOf(uint low, uint high)
    {
        var flags = (FuseInitFlags)low;
        return flags.HasFlag(FuseInitFlags.InitExt) ? flags | (FuseInitFlags)((ulong)high << 32) : flags;
    }

    private static FuseInitIn Read(ReadOnlySpan<byte> body)
    {
        FuseInitIn asked = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<FuseInitIn>(ref asked));
        body[..Math.Min(body.Length, bytes.Length)].CopyTo(bytes);
        return asked;
    }

    private static void Reply(IFuseTransport transport, ulong unique, in FuseInitOut answer)
    {
        FuseReply reply = FuseReply.Payload(transport.Payload, in answer);
        Errno errno = transport.Reply(unique, Errno.None, reply.Length);
        if (errno != Errno.None)
        {
            throw new FuseMountException($"the kernel did not take the reply to FUSE_INIT: {LinuxException.Text(errno)}");
        }
    }
}
