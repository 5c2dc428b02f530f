using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Ahead;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Dispatch;

/// <summary>Requests about a file's contents: READ and LSEEK.</summary>
/// <param name="files">The files that were read from lately.</param>
/// <param name="ahead">Told of small files; null when nobody is to guess.</param>
/// <param name="readers">Told of all READs; null when nothing is to be decoded ahead.</param>
internal sealed class FileHandlers(FileCache files, FilesAhead? ahead, ReadersAhead? readers)
{
    /// <summary>FUSE_READ: all bytes asked for that the file has. Fewer would read as the end of the file, or as zeros.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxLength">Bytes that a reply holds.</param>
    public FuseReply Read(in FuseRequest request, int maxLength)
    {
        if (!request.TryRead(out FuseReadIn arguments) || arguments.Offset > long.MaxValue || arguments.Size > maxLength)
        {
            return FuseReply.Malformed;
        }

        BlockSource file = files.Get(request.NodeId);
        long offset = (long)arguments.Offset;
        long length = Math.Min(arguments.Size, file.Length - offset);
        if (length == file.Length && length <= FilesAhead.LargestFile)
        {
            ahead?.NoteRead(request.NodeId);
        }

        if (length <= 0)
        {
            return FuseReply.Empty;
        }

        readers?.NoteRead(file, offset, (int)length);
        return FuseReply.File(file, offset, (int)length);
    }

    /// <summary>Whether a READ is for a reader that goes past the mount's cache (O_DIRECT).</summary>
    public static bool IsDirect(in FuseRequest request) =>
        request.TryRead(out FuseReadIn arguments) && Files.IsDirect(arguments.Flags);

    /// <summary>FUSE_LSEEK, of SEEK_DATA and SEEK_HOLE only: the kernel does the others.</summary>
    public FuseReply Seek(in FuseRequest request, Span<byte> payload)
    {
        if (!request.TryRead(out FuseLseekIn arguments) || arguments.Whence is not (FuseProtocol.SeekData or FuseProtocol.SeekHole))
        {
            return FuseReply.Malformed;
        }

        BlockSource file = files.Get(request.NodeId);
        if (arguments.Offset >= (ulong)file.Length)
        {
            return Errno.ENXIO;
        }

        bool wantsHole = arguments.Whence == FuseProtocol.SeekHole;
        long offset = FindRun(file, (long)arguments.Offset, wantsHole);
        if (offset == file.Length && !wantsHole)
        {
            return Errno.ENXIO;
        }

        return FuseReply.Payload(payload, new FuseLseekOut { Offset = (ulong)offset });
    }

    // The first byte from an offset on that is in a hole, or is not; the file's length when there is none.
    private static long FindRun(BlockSource file, long offset, bool hole)
    {
        while (offset < file.Length)
        {
            LocatedExtent extent = file.Locate(offset, file.Length - offset);
            if (extent.IsZero == hole)
            {
                break;
            }

            offset += extent.Length;
        }

        return offset;
    }
}
