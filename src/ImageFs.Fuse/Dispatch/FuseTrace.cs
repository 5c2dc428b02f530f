using System.Runtime.CompilerServices;
using System.Text;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Shows each request and its reply, a line each, in the form of libfuse's <c>-d</c>.</summary>
/// <param name="write">Takes a line.</param>
internal sealed class FuseTrace(Action<string> write)
{
    /// <summary>The trace that the options ask for; null for none.</summary>
    public static FuseTrace? For(FuseMountOptions options) => options.Trace is { } write ? new FuseTrace(write) : null;

    /// <summary>Shows a request.</summary>
    public void Request(in FuseRequest request) => write(
        $"unique: {request.Header.Unique}, opcode: {NameOf(request.Opcode)} ({request.Header.Opcode}), nodeid: {request.NodeId}, " +
        $"insize: {request.Header.Len}, pid: {request.Header.Pid}");

    /// <summary>Shows a reply.</summary>
    public void Reply(in FuseRequest request, in FuseReply reply)
    {
        if (reply.Kind != FuseReply.ReplyKind.Nothing)
        {
            string outcome = reply.Errno == Errno.None ? "success" : $"error: {-(int)reply.Errno} ({LinuxException.Text(reply.Errno)})";
            write($"   unique: {request.Header.Unique}, {outcome}, outsize: {Unsafe.SizeOf<FuseOutHeader>() + reply.Length}");
        }
    }

    /// <summary>Shows what INIT came to.</summary>
    public void Agreed(FuseConnection connection) => write(
        $"INIT: 7.{connection.Minor} of the kernel's 7.{connection.KernelMinor}, flags: 0x{(ulong)connection.Flags:x}, " +
        $"max_readahead: {connection.MaxReadahead}, max_read: {connection.MaxRead}, max_background: {connection.MaxBackground}");

    // BATCH_FORGET is BatchForget here.
    private static string NameOf(FuseOpcode opcode)
    {
        if (!Enum.IsDefined(opcode))
        {
            return "???";
        }

        var name = new StringBuilder();
        foreach (char c in opcode.ToString())
        {
            name.Append(char.IsAsciiLetterUpper(c) && name.Length > 0 ? "_" : string.Empty).Append(char.ToUpperInvariant(c));
        }

        return name.ToString();
    }
}
