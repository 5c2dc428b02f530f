using ImageFs.Fuse.Abi;

namespace ImageFs.Fuse.Dispatch;

/// <summary>
/// <c>allow_root</c>: root and the mount's owner, and nobody else. The kernel knows only its owner or all; so it lets all in, and is
/// told to ask at each step: nothing that it remembers is for everybody.
/// </summary>
/// <param name="owner">The mount's owner.</param>
internal sealed class AccessGuard(uint owner)
{
    private const uint Root = 0;
    private const uint KeepCache = 1 << 1; // FOPEN_KEEP_CACHE
    private const uint CacheDirectory = 1 << 3; // FOPEN_CACHE_DIR

    /// <summary>Whether a request is one to refuse. What needs an open file is not: opening it was asked for.</summary>
    public bool Refuses(in FuseRequest request) =>
        request.Header.Uid != Root && request.Header.Uid != owner && request.Opcode is
            FuseOpcode.Lookup or FuseOpcode.Getattr or FuseOpcode.Statx or FuseOpcode.Readlink or FuseOpcode.Statfs or FuseOpcode.Access or
            FuseOpcode.Open or FuseOpcode.Opendir or FuseOpcode.Getxattr or FuseOpcode.Listxattr;

    /// <summary>OPEN or OPENDIR of somebody who may. ENOSYS would have the kernel open for everybody without asking.</summary>
    public static FuseReply Open(Span<byte> payload) =>
        FuseReply.Payload(payload, new FuseOpenOut { OpenFlags = KeepCache | CacheDirectory });
}
