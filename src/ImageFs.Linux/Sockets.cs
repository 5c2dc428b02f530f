using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Local sockets: a pair, a descriptor sent over one, and messages to a service.</summary>
public static unsafe class Sockets
{
    /// <summary>socketpair(2): two connected ends, both close-on-exec.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static (FileDescriptor First, FileDescriptor Second) Pair()
    {
        int* ends = stackalloc int[2];
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0
            ? (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]))
            : throw LinuxException.Last("socketpair");
    }

    /// <summary>A socket for messages to a service of this machine, each by one write; a service that is slow makes it EAGAIN.</summary>
    /// <param name="path">Where the service listens, at most 107 bytes.</param>
    /// <param name="errno">The error, when the result is null.</param>
    /// <returns>Null when there is no such service.</returns>
    public static FileDescriptor? TryConnect(string path, out Errno errno)
    {
        sockaddr_un address = default;
        address.sun_family = AF_UNIX;
        ByteText.ToBytes(path).CopyTo(new Span<byte>(address.sun_path, sockaddr_un.sun_path_length - 1));
        int number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        bool isConnected = number >= 0 && connect(number, (sockaddr*)&address, sizeof(sockaddr_un)) == 0;
        errno = isConnected ? Errno.None : LinuxException.LastError;
        var socketDescriptor = new FileDescriptor(number);
        if (errno == Errno.None)
        {
            return socketDescriptor;
        }

        socketDescriptor.Dispose();
        return null;
    }

    /// <summary>Waits for a descriptor that the other end sends (SCM_RIGHTS).</summary>
    /// <returns>The descriptor; null when the other end closed without sending one.</returns>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileDescriptor? ReceiveDescriptor(FileDescriptor socket)
    {
        byte data;
        var vector = new iovec { iov_base = &data, iov_len = 1 };
        RightsMessage rights = default;
        var message = new msghdr
        {
            msg_iov = &vector,
            msg_iovlen = 1,
            msg_control = &rights,
            msg_controllen = sizeof(RightsMessage),
        };

        using DescriptorInUse use = socket.Use();
        long count;
        Errno errno;
        do
        {
            count = recvmsg(use.Number, &message, MSG_CMSG_CLOEXEC);
            errno = LinuxException.ErrorOf(count);
        }
        while (errno == Errno.EINTR);

        if (count < 0)
        {
            throw new LinuxException("recvmsg", errno);
        }

        return count > 0 && message.msg_controllen > 0 && rights.Header.cmsg_level == SOL_SOCKET && rights.Header.cmsg_type == SCM_RIGHTS
            ? new FileDescriptor(rights.Descriptor)
            : null;
    }

    /// <summary>The message that SCM_RIGHTS carries one descriptor in.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct RightsMessage
    {
        public cmsghdr Header;
        public int Descriptor;
        private readonly int _padding;
    }
}
