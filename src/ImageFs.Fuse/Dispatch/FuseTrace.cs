using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Logs each request and its reply, a line each.</summary>
/// <param name="log">Takes a line.</param>
internal sealed class FuseTrace(Action<string> log)
{
    /// <summary>Logs a request.</summary>
    public void Request(in FuseRequest request) => log(
        $"unique: {request.Header.Unique}, opcode: {request.Opcode} ({request.Header.Opcode}), nodeid: {request.NodeId}, " +
        $"insize: {request.Header.Len}, pid: {request.Header.Pid}");

    /// <summary>Logs a reply.</summary>
    public void Reply(in FuseRequest request, in FuseReply reply)
    {
        if (reply.Kind != FuseReply.ReplyKind.Nothing)
        {
            string outcome = reply.Errno == Errno.None ? "success" : $"error: {reply.Errno}";
            log($"   unique: {request.Header.Unique}, {outcome}, bytes: {reply.Length}");
        }
    }
}
