using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Images.Readers;

/// <summary>This end of a process that reads images (<see cref="ImageReader"/>): it is asked, and need not be believed. Safe from any thread.</summary>
internal sealed class ReaderProcess : IDisposable
{
    private const int MaxHello = 4096;
    private const int MaxConnections = 64;

    // A sound one has few for an image, and images by the hundred.
    private const int MaxWarnings = 1000;

    private readonly FileDescriptor _socket;
    private readonly DescriptorExchange _descriptors;
    private readonly ConcurrentStack<ReaderRequest> _free = [];
    private readonly List<FileDescriptor> _streams = [];
    private readonly SemaphoreSlim _count;
    private int _images;
    private int _warnings;
    private long _lastUse;

    private ReaderProcess(FileDescriptor socket, int connections)
    {
        _socket = socket;
        _descriptors = new DescriptorExchange(socket);
        _count = new SemaphoreSlim(connections);
        Touch();
    }

    /// <summary>Whether it has ended: nothing more can be read by it.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Images that it has open, or looks at.</summary>
    internal int Images => Volatile.Read(ref _images);

    /// <summary>When it was last asked, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    internal long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Waits until a process that was started is ready.</summary>
    /// <param name="socket">The socket to it, which is closed with the result.</param>
    /// <param name="owner">The user whose images it is for.</param>
    /// <exception cref="ReaderException">It says that it cannot be.</exception>
    /// <exception cref="LinuxException">The socket fails.</exception>
    internal static ReaderProcess Begin(FileDescriptor socket, uint owner)
    {
        ReaderProcess? process = null;
        try
        {
            Span<byte> hello = stackalloc byte[MaxHello];
            MemoryMarshal.Write(hello, in owner);
            FileWriting.Append(socket, hello[..sizeof(uint)]);
            Sockets.Receive(socket, hello, out int count)?.Dispose();
            int connections = count > 0 ? hello[0] : 0;
            if (connections is 0 or > MaxConnections)
            {
                string reason = count > 1 ? ByteText.FromBytes(hello[1..count]) : "it has ended";
                throw new ReaderException(Errno.EIO, $"no process can be started to read images of user {owner}: {reason}");
            }

            process = new ReaderProcess(socket, connections);
            for (int i = 0; i < connections; i++)
            {
                process.Add();
            }

            return process;
        }
        catch
        {
            process?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins a request, to which the image's number belongs.</summary>
    /// <returns>It is disposed of when its answer was read.</returns>
    /// <exception cref="ReaderException">The process has ended.</exception>
    internal ReaderRequest Ask(ReaderCall call, int image)
    {
        Touch();
        _count.Wait();
        if (HasEnded || !_free.TryPop(out ReaderRequest? request))
        {
            _count.Release();
            throw Ended();
        }

        request.Message.Clear();
        request.Message.Write((byte)call);
        request.Message.Write(image);
        return request;
    }

    /// <summary>Sends an open file.</summary>
    /// <returns>Its number, for a message.</returns>
    /// <exception cref="ReaderException">The process has ended.</exception>
    internal int Send(FileDescriptor descriptor)
    {
        try
        {
            return _descriptors.Send(descriptor);
        }
        catch (LinuxException)
        {
            throw Ended();
        }
    }

    /// <summary>Takes an open file that it has sent.</summary>
    /// <param name="number">Its number, which an answer told.</param>
    /// <exception cref="ReaderException">It has sent none of that number.</exception>
    internal FileDescriptor Take(int number)
    {
        try
        {
            return _descriptors.Take(number);
        }
        catch (LinuxException)
        {
            throw Ended();
        }
    }

    /// <summary>Counts an image that it opens, or looks at.</summary>
    internal void Enter() => Interlocked.Increment(ref _images);

    /// <summary>Counts one less.</summary>
    internal void Leave() => Interlocked.Decrement(ref _images);

    /// <summary>Has it close an image, where it still can.</summary>
    internal void Close(int image)
    {
        try
        {
            using ReaderRequest request = Ask(ReaderCall.Close, image);
            request.Send(static _ => { });
        }
        catch (ReaderException)
        {
            // It has none any more.
        }

        Leave();
    }

    /// <summary>Passes on what it has to say: not without end, for a log has room for others, too.</summary>
    /// <param name="warn">Takes a line.</param>
    /// <param name="line">The line.</param>
    internal void Tell(Action<string> warn, string line)
    {
        if (Volatile.Read(ref _warnings) < MaxWarnings && Interlocked.Increment(ref _warnings) is <= MaxWarnings and var number)
        {
            warn(number < MaxWarnings ? line : $"{line}; more that this process has to say of images is not told");
        }
    }

    /// <summary>Gives a connection back.</summary>
    internal void Return(ReaderRequest connection)
    {
        _free.Push(connection);
        _count.Release();
    }

    /// <summary>It does not answer as it should: it is not asked again.</summary>
    internal ReaderException Ended()
    {
        HasEnded = true;
        ShutDown();
        return new ReaderException(Errno.EIO, "the process that read the image has ended");
    }

    /// <summary>Has it end.</summary>
    public void Dispose()
    {
        HasEnded = true;
        ShutDown();
        foreach (FileDescriptor stream in _streams)
        {
            stream.Dispose();
        }

        _socket.Dispose();
    }

    // Who waits for an answer gets the end.
    private void ShutDown()
    {
        foreach (FileDescriptor stream in _streams.Append(_socket))
        {
            try
            {
                Sockets.ShutDown(stream);
            }
            catch (ObjectDisposedException)
            {
                // It was closed by who has found out before.
            }
        }
    }

    // The ends come right after the word that it is ready.
    private void Add()
    {
        _ = Sockets.Wait(_socket, TimeSpan.FromSeconds(10));
        FileDescriptor stream = _descriptors.Take(_streams.Count + 1);
        _streams.Add(stream);
        _free.Push(new ReaderRequest(this, stream));
    }

    private void Touch() => Volatile.Write(ref _lastUse, Environment.TickCount64);
}
