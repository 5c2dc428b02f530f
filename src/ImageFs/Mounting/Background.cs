using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Keys;

namespace ImageFs.Mounting;

/// <summary>
/// A server in the background: this program started again. A managed process cannot fork, and need not: the parent only waits for
/// a word. That comes by the server's standard error, after whatever else it has to say until then: a byte of zero. The Native AOT
/// program has forked before it began (Start/main.c) when its command line is plain: then this is the server already.
/// </summary>
internal static class Background
{
    // The word that makes a server of the second process. What follows is not parsed as people's arguments are: that takes its time.
    private const string ServerWord = "--server";

    // Set by Start/main.c: the descriptor that takes the word, and that of the mount's keeper.
    private const string ParentVariable = "IMAGEFS_PARENT";

    private const string KeeperVariable = "IMAGEFS_KEEPER";

    // Of a command that reads an image: the keeper is its child.
    private const string ChildVariable = "IMAGEFS_CHILD";

    private const byte ReadyMark = 0;
    private const int SignalStatus = 128;

    /// <summary>
    /// How this program is started again. Under <c>dotnet imagefs.dll</c> the process is the host, and the program its first argument.
    /// </summary>
    internal static string[] Self
    {
        get
        {
            string process = Environment.ProcessPath ?? "/proc/self/exe";
            return Path.GetFileNameWithoutExtension(process) == "dotnet" ? [process, Environment.GetCommandLineArgs()[0]] : [process];
        }
    }

    /// <summary>Starts the server and waits until the mount answers, or cannot; what it says until then is passed on.</summary>
    /// <param name="request">What to mount.</param>
    /// <param name="heard">Takes what the server says, too; null for nobody.</param>
    /// <returns>The exit status.</returns>
    internal static int Start(MountRequest request, Stream? heard = null)
    {
        using Readiness readiness = Readiness.Take(request);
        var options = OptionList.Parse(request.Options);
        int? key = (int?)options.TakeNumber(KeyFile.DescriptorOption, max: int.MaxValue);
        string[] paths = [request.Image, request.Directory, .. request.Further, .. options.TakeValues(ImageStack.DeviceOption)];
        int?[] kept = [.. paths.Select(PipedImage.FindDescriptor), key];
        Processes.KeepDescriptors(kept);
        (FileDescriptor said, FileDescriptor standardError) = Descriptors.MakePipe();
        using (said)
        {
            ChildProcess server;
            using (standardError)
            {
                server = ChildProcess.StartServer([.. Self, ServerWord, .. request.ToWords()], standardError, kept.Contains(Descriptors.StandardInput.Number) ? Descriptors.StandardInput : null);
            }

            using PosixSignalRegistration interrupt = EndOn(PosixSignal.SIGINT, server), terminate = EndOn(PosixSignal.SIGTERM, server);
            using PosixSignalRegistration hangUp = EndOn(PosixSignal.SIGHUP, server);
            if (PassOn(said, heard))
            {
                readiness.Announce(server.Id);
                return ExitStatus.Success;
            }

            return server.Wait() switch
            {
                > 0 and < SignalStatus and int status => status,
                SignalStatus + 1 or SignalStatus + 2 or SignalStatus + 15 => ExitStatus.Interrupted,
                > SignalStatus and int status => Failure.Tell(
                    $"the process that reads the image was ended by signal {status - SignalStatus} before the mount answered", ExitStatus.Bug),
                _ => ExitStatus.Bug,
            };
        }
    }

    /// <summary>In the server: what its parent was asked for; null in any other process.</summary>
    internal static MountRequest? FindRequest(string[] arguments) =>
        arguments is [ServerWord, ..] ? MountRequest.FromWords(arguments[1..]) : null;

    /// <summary>Whether this process was forked to be the server of its command line.</summary>
    internal static bool IsForked => Environment.GetEnvironmentVariable(ParentVariable) is not null;

    /// <summary>In the server: leaves the terminal, and tells the parent that the mount answers.</summary>
    /// <returns>False when the parent has ended: nobody wants the mount any more.</returns>
    internal static bool Ready()
    {
        Environment.CurrentDirectory = "/";
        int number = int.TryParse(Environment.GetEnvironmentVariable(ParentVariable), out int forked) ? forked : Descriptors.StandardError.Number;
        using FileDescriptor parent = Files.Duplicate(number);
        Processes.Detach();
        return Descriptors.Write(parent, [ReadyMark], out _) == 1;
    }

    /// <summary>Starts a keeper (<see cref="MountKeeper"/>), where none was forked for this process.</summary>
    /// <param name="word">What it keeps, for who looks at the list of processes: the mount point.</param>
    /// <returns>The socket to it, and the process; null where it is no child of this one.</returns>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static (FileDescriptor Socket, ChildProcess? Process) TakeKeeper(string word)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable(KeeperVariable), out int forked))
        {
            return (new FileDescriptor(forked), int.TryParse(Environment.GetEnvironmentVariable(ChildVariable), out int child) ? ChildProcess.Of(child) : null);
        }

        return StartBeside(NativeStart.KeeperWord, word);
    }

    /// <summary>Starts this program once more, to do for this process what it cannot.</summary>
    /// <param name="words">The words that say what.</param>
    /// <returns>The socket to its standard input (<see cref="Sockets.MessagePair"/>), and the process.</returns>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static (FileDescriptor Socket, ChildProcess Process) StartBeside(params string[] words)
    {
        (FileDescriptor ours, FileDescriptor theirs) = Sockets.MessagePair();
        using (ours)
        using (theirs)
        {
            var process = ChildProcess.StartServer([.. Self, .. words], standardError: null, standardInput: theirs);

            // Not in the place of standard output, where that was closed: what is written there would be taken for requests.
            return (Files.Duplicate(ours.Number), process);
        }
    }

    // What would end this process ends the server, whose exit status then is this one's.
    private static PosixSignalRegistration EndOn(PosixSignal signal, ChildProcess server) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        server.Terminate();
    });

    // What the server says until it is ready, or ends before it is.
    private static bool PassOn(FileDescriptor said, Stream? heard)
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
            part = mark < 0 ? part : part[..mark];
            Descriptors.Write(Descriptors.StandardError, part, out _);
            heard?.Write(part);
            if (mark >= 0)
            {
                return true;
            }
        }
    }

}
