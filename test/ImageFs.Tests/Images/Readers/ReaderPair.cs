using System.Runtime.InteropServices;
using ImageFs.Images.Readers;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Images.Readers;

/// <summary>Readers of images that are threads of this process: what goes between them and who asks goes over sockets all the same.</summary>
internal sealed class ReaderPair : IDisposable
{
    private const int Connections = 3;

    private readonly List<Thread> _threads = [];
    private readonly List<FileDescriptor> _ends = [];

    /// <param name="garble">Gets each answer as it goes over a connection, behind its length, and gives what goes on; null for no change.</param>
    public ReaderPair(Func<byte[], byte[]>? garble = null) => Readers = new ImageReaders(() => Start(garble));

    /// <summary>Who asks.</summary>
    public ImageReaders Readers { get; }

    /// <summary>How many were started.</summary>
    public int Started { get; private set; }

    /// <summary>Has all of them end, as if they were killed.</summary>
    public void End()
    {
        foreach (FileDescriptor end in _ends)
        {
            Sockets.ShutDown(end);
        }
    }

    public void Dispose()
    {
        Readers.Dispose();
        _threads.ForEach(thread => thread.Join());
        _ends.ForEach(end => end.Dispose());
    }

    private FileDescriptor Start(Func<byte[], byte[]>? garble)
    {
        Started++;
        (FileDescriptor ours, FileDescriptor theirs) = Sockets.MessagePair();
        _ends.Add(theirs);
        var ends = new (FileDescriptor, FileDescriptor)[Connections];
        for (int i = 0; i < ends.Length; i++)
        {
            (FileDescriptor own, FileDescriptor other) = Sockets.Pair();
            _ends.Add(own);
            ends[i] = (own, garble is null ? other : PassOn(other, garble));
        }

        Run(() =>
        {
            if (ImageReader.ReceiveOwner(theirs) is not null)
            {
                new ImageReader(theirs, ends, new OpenContext()).Run();
            }
        });
        return ours;
    }

    // Between the two: requests go through as they are.
    private FileDescriptor PassOn(FileDescriptor reader, Func<byte[], byte[]> garble)
    {
        (FileDescriptor middle, FileDescriptor asker) = Sockets.Pair();
        _ends.Add(reader);
        _ends.Add(middle);
        Run(() => Copy(middle, reader, static request => request));
        Run(() => Copy(reader, middle, garble));
        return asker;
    }

    private static void Copy(FileDescriptor from, FileDescriptor to, Func<byte[], byte[]> garble)
    {
        byte[] head = new byte[sizeof(int)];
        while (TryFill(from, head))
        {
            byte[] fields = new byte[MemoryMarshal.Read<int>(head) - sizeof(int)];
            if (!TryFill(from, fields))
            {
                break;
            }

            fields = garble(fields);
            MemoryMarshal.Write(head, fields.Length + sizeof(int));
            byte[] message = [.. head, .. fields];
            for (int sent = 0, count = 1; sent < message.Length && count > 0; sent += count)
            {
                count = Descriptors.Write(to, message.AsSpan(sent), out _);
            }
        }

        Sockets.ShutDown(from);
        Sockets.ShutDown(to);
    }

    private static bool TryFill(FileDescriptor from, Span<byte> bytes)
    {
        for (int count; bytes.Length > 0; bytes = bytes[count..])
        {
            count = Descriptors.Read(from, bytes, out _);
            if (count <= 0)
            {
                return false;
            }
        }

        return true;
    }

    private void Run(ThreadStart work)
    {
        var thread = new Thread(work) { IsBackground = true };
        thread.Start();
        _threads.Add(thread);
    }
}
