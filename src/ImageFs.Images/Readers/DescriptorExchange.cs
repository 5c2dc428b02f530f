using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Images.Readers;

/// <summary>
/// Open files that go from one process to the other over a socket of their own, each with a number, before a message speaks of that number. Safe from any
/// thread.
/// </summary>
/// <param name="socket">One end of a <see cref="Sockets.MessagePair"/>.</param>
internal sealed class DescriptorExchange(FileDescriptor socket)
{
    // Sent, and not spoken of yet: as many as there are threads.
    private const int MaxWaiting = 256;

    private readonly Lock _sending = new();
    private readonly Lock _taking = new();
    private readonly Dictionary<int, FileDescriptor> _waiting = [];
    private int _last;

    /// <summary>Sends an open file.</summary>
    /// <returns>Its number.</returns>
    /// <exception cref="LinuxException">The other end has closed.</exception>
    internal int Send(FileDescriptor descriptor)
    {
        lock (_sending)
        {
            int number = ++_last;
            Span<byte> mark = stackalloc byte[sizeof(int)];
            MemoryMarshal.Write(mark, in number);
            Sockets.Send(socket, mark, descriptor);
            return number;
        }
    }

    /// <summary>Takes an open file that the other end has sent.</summary>
    /// <param name="number">Its number, which a message told.</param>
    /// <exception cref="ReaderException">None of that number was sent.</exception>
    /// <exception cref="LinuxException">The call failed.</exception>
    internal FileDescriptor Take(int number)
    {
        lock (_taking)
        {
            FileDescriptor? taken;
            while (!_waiting.Remove(number, out taken))
            {
                Receive();
            }

            return taken;
        }
    }

    private void Receive()
    {
        Span<byte> mark = stackalloc byte[sizeof(int)];
        FileDescriptor? descriptor = _waiting.Count < MaxWaiting && Sockets.Wait(socket, TimeSpan.Zero) ? Sockets.Receive(socket, mark, out _) : null;
        if (descriptor is null || !_waiting.TryAdd(MemoryMarshal.Read<int>(mark), descriptor))
        {
            descriptor?.Dispose();
            throw ReaderException.BadAnswer("the number of a file that it has not sent");
        }
    }
}
