using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Mounting;

/// <summary>
/// A server in the background: this program started again. A managed process cannot fork, and need not: the parent only waits for
/// a word. That comes by the server's standard error, behind whatever else it has to say until then: a byte of zero.
/// </summary>
internal static class Background
{
    // The word that makes a server of the second process. What follows is not parsed as people's arguments are: that takes its time.
    private const string ServerWord = "--server";

    private const byte ReadyMark = 0;

    /// <summary>Starts the server and waits until the mount answers, or cannot; what it says until then is passed on.</summary>
    /// <returns>The exit status.</returns>
    internal static int Start(MountRequest request)
    {
        Processes.KeepDescriptors(except: BlockDevice.FindDescriptor(request.Image));
        (FileDescriptor said, FileDescriptor standardError) = Descriptors.MakePipe();
        using (said)
        {
            ChildProcess server;
            using (standardError)
            {
                server = ChildProcess.StartServer([.. Self(), ServerWord, request.Image, request.Directory, request.Options], standardError);
            }

            return PassOn(said) ? ExitStatus.Success : server.Wait() is > 0 and < 128 and int status ? status : ExitStatus.Bug;
        }
    }

    /// <summary>In the server: what its parent was asked for; null in any other process.</summary>
    internal static MountRequest? FindRequest(string[] arguments) =>
        arguments is [ServerWord, _, _, _] ? new MountRequest(arguments[1], arguments[2], arguments[3]) : null;

    /// <summary>In the server: leaves the terminal, and tells the parent that the mount answers.</summary>
    internal static void Ready()
    {
        Environment.CurrentDirectory = "/";
        using FileDescriptor parent = Files.Duplicate(Descriptors.StandardError.Number);
        Processes.Detach();
        Descriptors.Write(parent, [ReadyMark], out _);
    }

    // What the server says until it is ready, or ends before it is.
    private static bool PassOn(FileDescriptor said)
    {
        Span<byte> text = stackalloc byte[1024];
        while (true)
        {
            int count = Descriptors.Read(said, text, out Errno errno);
            if (count <= 0 && errno != Errno.EINTR)
            {
                return false;
            }

            Span<byte> part = text[..Math.Max(count, 0)];
            int mark = part.IndexOf(ReadyMark);
            Descriptors.Write(Descriptors.StandardError, mark < 0 ? part : part[..mark], out _);
            if (mark >= 0)
            {
                return true;
            }
        }
    }

    // Under `dotnet imagefs.dll` the process is the host, and the program its first argument.
    private static string[] Self()
    {
        string process = Environment.ProcessPath ?? "/proc/self/exe";
        return Path.GetFileNameWithoutExtension(process) == "dotnet" ? [process, Environment.GetCommandLineArgs()[0]] : [process];
    }
}
