using System.Diagnostics;
using System.IO.Pipes;
using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>
/// A server in the background: this program started again, which says by a pipe whether the mount answers. A managed process cannot
/// fork, and need not: the parent only waits for that word.
/// </summary>
internal static class Background
{
    /// <summary>The option by which the second process is told its pipe.</summary>
    internal const string StatusOption = "--status-fd";

    /// <summary>Starts the server and waits until the mount answers, or cannot.</summary>
    /// <returns>The exit status; what went wrong has been said on standard error, which both share until the mount answers.</returns>
    internal static int Start(MountRequest request)
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        ProcessStartInfo start = Self();
        string status = $"{StatusOption}={pipe.GetClientHandleAsString()}";
        foreach (string argument in (string[])["mount", status, "-o", request.Options, "--", request.Image, request.Directory])
        {
            start.ArgumentList.Add(argument);
        }

        using Process? server = Process.Start(start);
        pipe.DisposeLocalCopyOfClientHandle();

        int word = pipe.ReadByte();
        if (word >= 0)
        {
            return word;
        }

        server?.WaitForExit();
        return server?.ExitCode is > 0 and < 128 ? server.ExitCode : ExitStatus.Bug;
    }

    /// <summary>Tells the parent that the mount answers, and lets go of its terminal.</summary>
    internal static void Ready(string statusDescriptor)
    {
        using var pipe = new AnonymousPipeClientStream(PipeDirection.Out, statusDescriptor);
        Environment.CurrentDirectory = "/";
        Processes.Detach();
        pipe.WriteByte(ExitStatus.Success);
    }

    // Under `dotnet imagefs.dll` the process is the host, and the program its first argument.
    private static ProcessStartInfo Self()
    {
        string process = Environment.ProcessPath ?? "/proc/self/exe";
        var start = new ProcessStartInfo(process) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(process) == "dotnet")
        {
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        }

        return start;
    }
}
