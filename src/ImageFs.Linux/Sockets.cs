using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>Local sockets: a pair, a descriptor sent over one, and messages to a service.</summary>
public static unsafe class Sockets
{
    private const int Local = 1; // AF_UNIX
    private const int StreamCloseOnExec = 1 | 0x80000; // SOCK_STREAM | SOCK_CLOEXEC
    private const int DatagramCloseOnExec = 2 | 0x80000 | 0x800; // SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int AddressLength = 110; // sizeof(struct sockaddr_un)
    private const int Rights = 1; // SCM_RIGHTS
    private const int CloseOnExec = 0x40000000; // MSG_CMSG_CLOEXEC

    /// <summary>socketpair(2): two connected ends, both close-on-exec.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static (FileDescriptor First, FileDescriptor Second) Pair()
    {
        int* ends = stackalloc int[2];
        return Libc.socketpair(Local, StreamCloseOnExec, 0, ends) == 0
            ? (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]))
            : throw LinuxException.Last("socketpair");
    }

    /// <summary>A socket for messages to a service of this machine, each by one write; a service that is slow makes it EAGAIN.</summary>
    /// <param name="path">Where the service listens, at most 107 bytes.</param>
    /// <param name="errno">The error, when the result is null.</param>
    /// <returns>Null when there is no such service.</returns>
    public static FileDescriptor? TryConnect(string path, out Errno errno)
    {
        Span<byte> address = stackalloc byte[AddressLength];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)Local);
        ByteText.ToBytes(path).CopyTo(address[sizeof(ushort)..^1]);
        var socket = new FileDescriptor(Libc.socket(Local, DatagramCloseOnExec, 0));
        fixed (byte* start = address)
        {
            errno = !socket.IsInvalid && Libc.connect(socket, start, AddressLength) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
        }

        if (errno == Errno.None)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Waits for a descriptor that the other end sends (SCM_RIGHTS).</summary>
    /// <returns>The descriptor; null when the other end closed without sending one.</returns>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileDescriptor? ReceiveDescriptor(FileDescriptor socket)
    {
        byte data;
        var vector = new IoVector { Base = &data, Length = 1 };
        RightsMessage rights = default;
        var message = new MessageHeader
        {
            Vectors = &vector,
            VectorCount = 1,
            Control = &rights,
            ControlLength = (nuint)sizeof(RightsMessage),
        };

        nint count;
        Errno errno;
        do
        {
            count = Libc.recvmsg(socket, &message, CloseOnExec);
            errno = count < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        }
        while (errno == Errno.EINTR);

        if (count < 0)
        {
            throw new LinuxException("recvmsg", errno);
        }

        return count > 0 && message.ControlLength > 0 && rights is { Level: SocketLevel, Type: Rights }
            ? new FileDescriptor(rights.Descriptor)
            : null;
    }
}
