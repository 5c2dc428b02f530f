using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>A pair of local sockets, and a descriptor sent over one.</summary>
public static unsafe class Sockets
{
    private const int Local = 1; // AF_UNIX
    private const int StreamCloseOnExec = 1 | 0x80000; // SOCK_STREAM | SOCK_CLOEXEC
    private const int SocketLevel = 1; // SOL_SOCKET
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
