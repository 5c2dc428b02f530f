using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Requests about extended attributes. A size of 0 asks how large the answer is.</summary>
/// <param name="fileSystem">The tree.</param>
/// <param name="nodes">Its nodes as the kernel knows them.</param>
internal sealed class AttributeHandlers(FileSystem fileSystem, FuseNodes nodes)
{
    /// <summary>FUSE_GETXATTR. ENOSYS makes the kernel ask no more.</summary>
    public FuseReply Get(in FuseRequest request, Span<byte> payload)
    {
        if (!fileSystem.HasExtendedAttributes)
        {
            return Errno.ENOSYS;
        }

        if (!request.TryRead(out FuseGetxattrIn arguments, out ReadOnlySpan<byte> name))
        {
            return FuseReply.Malformed;
        }

        byte[]? value = fileSystem.GetExtendedAttribute(nodes.ToNode(request.NodeId), name);
        if (value is null)
        {
            return Errno.ENODATA;
        }

        if (!Fits(value.Length, arguments.Size, payload, out FuseReply reply))
        {
            return reply;
        }

        value.CopyTo(payload);
        return reply;
    }

    /// <summary>FUSE_LISTXATTR: the names, each with its NUL. ENOSYS makes the kernel ask no more.</summary>
    public FuseReply List(in FuseRequest request, Span<byte> payload)
    {
        if (!fileSystem.HasExtendedAttributes)
        {
            return Errno.ENOSYS;
        }

        if (!request.TryRead(out FuseGetxattrIn arguments))
        {
            return FuseReply.Malformed;
        }

        IReadOnlyList<byte[]> names = fileSystem.ListExtendedAttributes(nodes.ToNode(request.NodeId));
        int length = 0;
        foreach (byte[] name in names)
        {
            length += name.Length + 1;
        }

        if (!Fits(length, arguments.Size, payload, out FuseReply reply))
        {
            return reply;
        }

        foreach (byte[] name in names)
        {
            name.CopyTo(payload);
            payload[name.Length] = 0;
            payload = payload[(name.Length + 1)..];
        }

        return reply;
    }

    // Whether the answer itself is to be given; the reply is right for either case.
    private static bool Fits(int length, uint wanted, Span<byte> payload, out FuseReply reply)
    {
        bool fits = wanted > 0 && length <= wanted && length <= payload.Length;
        if (fits)
        {
            reply = FuseReply.Payload(length);
        }
        else if (wanted == 0)
        {
            reply = FuseReply.Payload(payload, new FuseGetxattrOut { Size = (uint)length });
        }
        else
        {
            reply = Errno.ERANGE;
        }

        return fits;
    }
}
