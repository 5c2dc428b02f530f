using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>Runs fusermount3, which sends the device's descriptor over a socket that it is told by _FUSE_COMMFD.</summary>
public static class FuserMount
{
    private const int MaxMessage = 4096;

    /// <summary>The programs to try, in turn.</summary>
    public static IReadOnlyList<string> Candidates =>
        Environment.GetEnvironmentVariable("FUSERMOUNT_PROG") is { Length: > 0 } chosen ? [chosen] : ["fusermount3", "fusermount"];

    /// <summary>Runs the program to its end.</summary>
    /// <returns>What came of it; null when there is no such program, or none that this user may run: a closed folder of PATH hides what it holds.</returns>
    /// <exception cref="LinuxException">It cannot be run for another reason.</exception>
    internal static Outcome? TryRun(string program, params string[] arguments)
    {
        (FileDescriptor ours, FileDescriptor theirs) = Sockets.Pair();
        using (ours)
        {
            // Standard error comes back by a socket too: it blocks, as programs expect.
            (FileDescriptor messages, FileDescriptor standardError) = Sockets.Pair();
            using (messages)
            {
                ChildProcess child;
                using (theirs)
                using (standardError)
                {
                    string variable = string.Create(CultureInfo.InvariantCulture, $"_FUSE_COMMFD={ChildProcess.InheritedDescriptor}");
                    try
                    {
                        child = ChildProcess.Start([program, .. arguments], variable, theirs, standardError);
                    }
                    catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES)
                    {
                        return null;
                    }
                }

                FileDescriptor? connection = Sockets.ReceiveDescriptor(ours);
                string message = ReadToEnd(messages);
                int? exitCode = child.Wait();
                return new Outcome(connection, exitCode is 0 or null, message);
            }
        }
    }

    private static string ReadToEnd(FileDescriptor descriptor)
    {
        byte[] buffer = new byte[MaxMessage];
        int length = 0;
        while (length < buffer.Length)
        {
            int count = Descriptors.Read(descriptor, buffer.AsSpan(length), out Errno errno);
            if (count > 0)
            {
                length += count;
            }
            else if (errno != Errno.EINTR)
            {
                break;
            }
        }

        return Encoding.UTF8.GetString(buffer, 0, length).Trim();
    }

    /// <summary>What came of a run.</summary>
    /// <param name="Connection">The descriptor that it sent; null when it sent none.</param>
    /// <param name="IsSuccess">Whether it ended well.</param>
    /// <param name="Message">What it wrote to standard error.</param>
    internal sealed record Outcome(FileDescriptor? Connection, bool IsSuccess, string Message);
}
