using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;

namespace ImageFs.Mounting;

/// <summary>
/// This program started once more, to give Linux files for a server in a sandbox (<c>passthrough</c>). It reads no byte of an image: it is told, as
/// numbers that it checks, where the bytes of files lie, and devices and the connection of the mount come as open descriptors (<see cref="BackingMounts"/>).
/// It ends with the server.
/// </summary>
internal sealed class BackingProcess : IBackingStore
{
    // The word that makes such a process.
    private const string Word = "--backing";

    // What it is asked for, a byte each, and a number; all but the second with a descriptor, and that with a plan.
    private const byte DeviceMark = 1;
    private const byte FileMark = 2;
    private const byte OpenMark = 3;
    private const byte CloseMark = 4;
    private const int HeaderLength = 1 + sizeof(int);

    // An answer is a number; less than 0, an error number or this.
    private const int AnswerLength = sizeof(int);
    private const int Nothing = int.MinValue;

    private readonly ChildProcess _process;

    private BackingProcess(FileDescriptor socket, ChildProcess process)
    {
        Socket = socket;
        _process = process;
    }

    /// <summary>The socket to it.</summary>
    internal FileDescriptor Socket { get; }

    /// <summary>Starts it.</summary>
    /// <param name="bypassesCache">Whether the image is read past its own page cache.</param>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static BackingProcess Start(bool bypassesCache)
    {
        Processes.KeepDescriptors();
        (FileDescriptor socket, ChildProcess process) = Background.StartBeside(Word, $"{bypassesCache}");
        return new BackingProcess(socket, process);
    }

    /// <inheritdoc/>
    public int? TryAddDevice(FileDescriptor device) => Find(Ask(DeviceMark, 0, [], device));

    /// <inheritdoc/>
    public int? TryAddFile(int device, ReadOnlySpan<byte> plan) => Find(Ask(FileMark, device, plan, descriptor: null));

    /// <inheritdoc/>
    public int Open(FileDescriptor connection, int file) => Ask(OpenMark, file, [], connection);

    /// <inheritdoc/>
    public void Close(FileDescriptor connection, int number) => Ask(CloseMark, number, [], connection);

    /// <summary>Lets it end.</summary>
    public void Dispose()
    {
        // In the sandbox the socket cannot be closed.
        Sockets.ShutDown(Socket);
        _process.Wait();
    }

    /// <summary>In that process: its whole life.</summary>
    /// <returns>False when this process is none.</returns>
    internal static bool TryRun(string[] arguments)
    {
        if (arguments is not [Word, var bypasses])
        {
            return false;
        }

        // What ends the server's terminal leaves this to its work.
        using FileDescriptor server = Files.Duplicate(Descriptors.StandardInput.Number);
        Processes.Detach();
        Environment.CurrentDirectory = "/";
        using var store = new BackingStore(bypasses == bool.TrueString);
        byte[] message = new byte[HeaderLength + BackingPlan.MaxLength];
        byte[] answer = new byte[AnswerLength];
        while (true)
        {
            using FileDescriptor? descriptor = Sockets.Receive(server, message, out int count);
            if (count < HeaderLength)
            {
                return true;
            }

            BinaryPrimitives.WriteInt32LittleEndian(answer, Serve(store, message.AsSpan(0, count), descriptor));
            if (Descriptors.Write(server, answer, out _) != AnswerLength)
            {
                return true;
            }
        }
    }

    private static int Serve(BackingStore store, ReadOnlySpan<byte> message, FileDescriptor? descriptor)
    {
        int number = BinaryPrimitives.ReadInt32LittleEndian(message[1..]);
        ReadOnlySpan<byte> plan = message[HeaderLength..];
        try
        {
            switch (message[0])
            {
                case DeviceMark when descriptor is not null:
                    return store.TryAddDevice(descriptor) ?? Nothing;
                case FileMark:
                    return store.TryAddFile(number, plan) ?? Nothing;
                case OpenMark when descriptor is not null:
                    return store.Open(descriptor, number);
                case CloseMark when descriptor is not null:
                    store.Close(descriptor, number);
                    return 0;
                default:
                    return Nothing;
            }
        }
        catch (LinuxException e)
        {
            return -(int)e.Errno;
        }
    }

    private static int? Find(int answer) => answer == Nothing ? null : answer;

    private int Ask(byte mark, int number, ReadOnlySpan<byte> plan, FileDescriptor? descriptor)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        header[0] = mark;
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], number);
        if (descriptor is not null)
        {
            Sockets.Send(Socket, header, descriptor);
        }
        else
        {
            FileWriting.Append(Socket, [.. header, .. plan]);
        }

        Span<byte> answer = stackalloc byte[AnswerLength];
        Sockets.Receive(Socket, answer, out int count)?.Dispose();
        int result = count == AnswerLength ? BinaryPrimitives.ReadInt32LittleEndian(answer) : -(int)Errno.EPIPE;
        return result is >= 0 or Nothing ? result : throw new LinuxException("ioctl", (Errno)(-result), "a file that Linux is to read by itself");
    }
}
