using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Reading;

/// <summary>Copies what is in a file of an image.</summary>
internal static class Contents
{
    private const int BufferLength = 1 << 20;
    private const int PieceLength = 4096;

    /// <summary>Copies a file's bytes to a new file: holes stay holes, and the kernel copies where it can.</summary>
    /// <param name="source">The file in the image.</param>
    /// <param name="target">An empty file.</param>
    /// <param name="claim">Called with the number of bytes before they are written; may refuse by an exception.</param>
    /// <param name="progress">Called with the offset up to which it is done, and the number of bytes since the last call.</param>
    /// <exception cref="ImageException">The image is damaged, or ends, there.</exception>
    /// <exception cref="LinuxException">The device failed, or the target.</exception>
    internal static void Copy(BlockSource source, FileDescriptor target, Action<long> claim, Action<long, long> progress)
    {
        byte[] buffer = [];
        long claimed = 0;
        FileWriting.SetLength(target, source.Length);
        for (long offset = 0; offset < source.Length;)
        {
            if (!source.TryLocate(offset, source.Length - offset, out LocatedExtent extent))
            {
                // Reading it is the error, or finds another copy.
                extent = new LocatedExtent(offset, Math.Min(PieceLength, source.Length - offset), ExtentKind.Own, offset, source);
            }

            extent = WithoutOwnHole(extent);
            long length = extent.Length;
            if (!extent.IsZero)
            {
                // What the kernel did not copy is come back for, and was claimed already.
                long end = offset + (extent.File is null && extent.Kind != ExtentKind.Encoded ? Math.Min(BufferLength, extent.Length) : extent.Length);
                claim(Math.Max(0, end - Math.Max(offset, claimed)));
                claimed = Math.Max(claimed, end);
                long copied = extent.File is { } device
                    ? FileWriting.Copy(device.Descriptor, extent.Address, target, offset, extent.Length)
                    : WriteDecoded(in extent, target);
                if (copied < extent.Length)
                {
                    buffer = buffer.Length == 0 ? new byte[Math.Min(BufferLength, source.Length)] : buffer;
                    int rest = (int)Math.Min(buffer.Length, extent.Length - copied);
                    source.ReadAt(offset + copied, buffer.AsSpan(0, rest));
                    FileWriting.Write(target, buffer.AsSpan(0, rest), offset + copied);
                    length = copied + rest;
                }
            }

            offset += length;
            progress(offset, length);
        }
    }

    // Of much that lies in one piece the image's own file may have holes: each is looked for where a part begins.
    private static LocatedExtent WithoutOwnHole(LocatedExtent extent)
    {
        if (extent.Length <= BufferLength || extent.Device is not { } device)
        {
            return extent;
        }

        long hole = Math.Min(device.HoleLength(extent.Address), extent.Length);
        return hole > 0 ? extent with { Length = hole, Kind = ExtentKind.Hole } : extent with { Length = BufferLength };
    }

    // From where it is kept; 0 where it is not, or cannot be decoded: reading it is the error, or finds another copy.
    private static int WriteDecoded(in LocatedExtent extent, FileDescriptor target)
    {
        DecodedLease lease;
        try
        {
            if (!extent.TryLease(out lease))
            {
                return 0;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return 0;
        }

        using (lease)
        {
            FileWriting.Write(target, lease.Span, extent.Offset);
            return lease.Length;
        }
    }
}
