using System.Diagnostics;
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
        // None of the caller's streams goes to the server: who reads from them would wait until the unmount.
        ProcessStartInfo start = Self();
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (string argument in (string[])[ServerWord, request.Image, request.Directory, request.Options])
        {
            start.ArgumentList.Add(argument);
        }

        Processes.KeepDescriptors(except: BlockDevice.FindDescriptor(request.Image));
        using Process server = Process.Start(start)!;
        using Stream error = Console.OpenStandardError();
        Stream said = server.StandardError.BaseStream;
        for (int value = said.ReadByte(); value >= 0; value = said.ReadByte())
        {
            if (value == ReadyMark)
            {
                return ExitStatus.Success;
            }

            error.WriteByte((byte)value);
        }

        server.WaitForExit();
        return server.ExitCode is > 0 and < 128 ? server.ExitCode : ExitStatus.Bug;
    }

    /// <summary>In the server: what its parent was asked for; null in any other process.</summary>
    internal static MountRequest? FindRequest(string[] arguments) =>
        arguments is [ServerWord, _, _, _] ? new MountRequest(arguments[1], arguments[2], arguments[3]) : null;

    /// <summary>In the server: leaves the terminal, and tells the parent that the mount answers.</summary>
    internal static void Ready()
    {
        using Stream parent = Console.OpenStandardError();
        Environment.CurrentDirectory = "/";
        Processes.Detach();
        parent.WriteByte(ReadyMark);
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
