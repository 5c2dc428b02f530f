using ImageFs.Linux;
using ImageFs.Storage.Remote;

namespace ImageFs.Storage.Containers;

/// <summary>An image that comes through a pipe: it is taken whole into a file without a name before it is opened. Zeros take no room there.</summary>
public static class PipedImage
{
    /// <summary>The location of the image that is on standard input.</summary>
    public const string StandardInput = "-";

    private const int PieceLength = 1 << 20;
    private const int BlockLength = 4096;
    private const int PauseInMilliseconds = 5;

    /// <summary>The open descriptor that a location begins with, <c>-</c> or <c>/dev/fd/N</c>; null for any other.</summary>
    public static int? FindDescriptor(string location)
    {
        string outer = location.IndexOf("//", StringComparison.Ordinal) is > 0 and int end ? location[..end] : location;
        return outer == StandardInput ? 0 : FileDevice.FindDescriptor(outer);
    }

    /// <summary>Takes the image from a descriptor that is a pipe or a socket.</summary>
    /// <returns>Null when it is none.</returns>
    /// <exception cref="LinuxException">It cannot be read, or there is no room for it: <c>cache-limit=</c> says how much.</exception>
    internal static ImageFile? TryOpen(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened)
    {
        if (FindDescriptor(location) is not { } number)
        {
            return null;
        }

        using FileDescriptor pipe = Files.Duplicate(number);
        if (!Files.Status(pipe).IsStream)
        {
            return null;
        }

        FileDescriptor file = context.Cache.MakeWhole();
        try
        {
            using (ITransfer transfer = context.ShowTransfer(0))
            {
                Take(pipe, file, location, context.Cache.MaxBytes, transfer);
            }

            var device = FileDevice.Take(location, file);
            opened.Add(device);
            return new ImageFile(location, device, new HostFolder(Environment.CurrentDirectory, policy, opened), device.Identity);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Take(FileDescriptor pipe, FileDescriptor file, string location, long maxLength, ITransfer transfer)
    {
        byte[] buffer = new byte[PieceLength];
        long length = 0;
        long kept = 0;
        while (ReadPiece(pipe, buffer, location) is > 0 and int count)
        {
            for (int start = 0; start < count;)
            {
                int end = EndOfRun(buffer.AsSpan(0, count), start, out bool isZero);
                if (!isZero)
                {
                    kept += end - start;
                    if (kept > maxLength)
                    {
                        throw new LinuxException("read", Errno.ENOSPC, location, $"the image has more bytes than are kept, {ByteSize.Text(maxLength)}; cache-limit= says how many");
                    }

                    FileWriting.Write(file, buffer.AsSpan(start, end - start), length + start);
                }

                start = end;
            }

            length += count;
            transfer.Reach(length);
        }

        FileWriting.SetLength(file, length);
    }

    // Where blocks end that are all zeros, or all not.
    private static int EndOfRun(ReadOnlySpan<byte> piece, int start, out bool isZero)
    {
        isZero = IsZero(piece, start);
        int end = start;
        do
        {
            end = Math.Min(end + BlockLength, piece.Length);
        }
        while (end < piece.Length && IsZero(piece, end) == isZero);
        return end;
    }

    private static bool IsZero(ReadOnlySpan<byte> piece, int start) =>
        !piece[start..Math.Min(start + BlockLength, piece.Length)].ContainsAnyExcept((byte)0);

    // As much as there is room for, or all up to the end.
    private static int ReadPiece(FileDescriptor pipe, Span<byte> destination, string location)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int count = Descriptors.Read(pipe, destination[done..], out Errno errno);
            if (count == 0)
            {
                break;
            }

            if (count < 0 && errno == Errno.EAGAIN)
            {
                Thread.Sleep(PauseInMilliseconds);
            }
            else if (count < 0 && errno != Errno.EINTR)
            {
                throw new LinuxException("read", errno, location);
            }

            done += Math.Max(count, 0);
        }

        return done;
    }
}
