using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>FUSE_IOCTL: the one ioctl that asks the root directory for the mount's status.</summary>
/// <param name="status">Gives the status as JSON; null when there is none to give.</param>
internal sealed class StatusHandler(Func<string>? status)
{
    /// <summary>Answers the request.</summary>
    public FuseReply Answer(in FuseRequest request, Span<byte> payload)
    {
        if (!request.TryRead(out FuseIoctlIn arguments))
        {
            return FuseReply.Malformed;
        }

        if (arguments.Cmd != FuseStatus.Request || request.NodeId != FuseProtocol.RootId || status is null)
        {
            return Errno.ENOTTY;
        }

        byte[] text = Encoding.UTF8.GetBytes(status());
        int headSize = Unsafe.SizeOf<FuseIoctlOut>();
        if (text.Length > Math.Min(arguments.OutSize, payload.Length - headSize))
        {
            return Errno.EOVERFLOW;
        }

        MemoryMarshal.Write(payload, new FuseIoctlOut { Result = text.Length });
        text.CopyTo(payload[headSize..]);
        return FuseReply.Payload(headSize + text.Length);
    }
}
