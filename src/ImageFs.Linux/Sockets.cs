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

    /// <summary>socketpair(2) of SOCK_SEQPACKET: each read gets what one write wrote; both ends close-on-exec.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static (FileDescriptor First, FileDescriptor Second) MessagePair()
    {
        int* ends = stackalloc int[2];
        return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0
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

    /// <summary>Connects to a service by a stream; its reads and writes give up with EAGAIN, too, after the time that connecting may take.</summary>
    /// <param name="address">Of the service, as the kernel has it: <c>struct sockaddr</c> of any family, whose number comes first.</param>
    /// <param name="timeout">How long connecting may take; rounded up to a millisecond.</param>
    /// <param name="errno">The error, when the result is null: EINPROGRESS when it took too long.</param>
    /// <returns>Null when it is not connected.</returns>
    public static FileDescriptor? TryConnect(ReadOnlySpan<byte> address, TimeSpan timeout, out Errno errno)
    {
        ushort family = MemoryMarshal.Read<ushort>(address);
        var stream = new FileDescriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (stream.IsInvalid)
        {
            errno = LinuxException.LastError;
            return null;
        }

        SetTimeouts(stream, timeout);
        fixed (byte* start = address)
        {
            using DescriptorInUse use = stream.Use();
            errno = LinuxException.ErrorOf(connect(use.Number, (sockaddr*)start, address.Length));
        }

        if (errno == Errno.None)
        {
            return stream;
        }

        stream.Dispose();
        return null;
    }

    /// <summary>Sets how long a read or a write of a socket waits before it gives up with EAGAIN.</summary>
    public static void SetTimeouts(FileDescriptor stream, TimeSpan timeout)
    {
        using DescriptorInUse use = stream.Use();
        long microseconds = Math.Max(1000, (long)timeout.TotalMicroseconds);

        // struct timeval.
        nint* time = stackalloc nint[2] { (nint)(microseconds / 1_000_000), (nint)(microseconds % 1_000_000) };
        _ = setsockopt(use.Number, SOL_SOCKET, SO_RCVTIMEO, time, 2 * sizeof(nint));
        _ = setsockopt(use.Number, SOL_SOCKET, SO_SNDTIMEO, time, 2 * sizeof(nint));
    }

    /// <summary>Has the kernel send small messages at once, and look now and then whether the other end of a TCP connection is still there.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="idleSeconds">After how long without a word it looks.</param>
    public static void KeepAlive(FileDescriptor stream, int idleSeconds)
    {
        const int Tries = 3;
        SetOption(stream, IPPROTO_TCP, TCP_NODELAY, 1);
        SetOption(stream, SOL_SOCKET, SO_KEEPALIVE, 1);
        SetOption(stream, IPPROTO_TCP, TCP_KEEPIDLE, idleSeconds);
        SetOption(stream, IPPROTO_TCP, TCP_KEEPINTVL, Math.Max(1, idleSeconds / Tries));
        SetOption(stream, IPPROTO_TCP, TCP_KEEPCNT, Tries);
    }

    /// <summary>Ends a connection in both directions: who waits for bytes of it gets the end, or an error.</summary>
    public static void ShutDown(FileDescriptor stream)
    {
        using DescriptorInUse use = stream.Use();
        _ = shutdown(use.Number, SHUT_RDWR);
    }

    /// <summary>Waits until there are bytes to read, or the other end has closed.</summary>
    /// <returns>False when there was neither in that time.</returns>
    public static bool Wait(FileDescriptor stream, TimeSpan timeout)
    {
        using DescriptorInUse use = stream.Use();
        var one = new pollfd { fd = use.Number, events = POLLIN };
        return MoreLibc.poll(&one, 1, (int)Math.Min(int.MaxValue, Math.Max(0, timeout.TotalMilliseconds))) > 0;
    }

    private static void SetOption(FileDescriptor stream, int level, int option, int value)
    {
        using DescriptorInUse use = stream.Use();
        _ = setsockopt(use.Number, level, option, &value, sizeof(int));
    }

    /// <summary>Waits for a descriptor that the other end sends (SCM_RIGHTS).</summary>
    /// <returns>The descriptor; null when the other end closed without sending one.</returns>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileDescriptor? ReceiveDescriptor(FileDescriptor socket) => Receive(socket, stackalloc byte[1], out _);

    /// <summary>Waits for a message that the other end sends.</summary>
    /// <param name="socket">This end.</param>
    /// <param name="message">Takes the message, or as much of it as there is room for.</param>
    /// <param name="count">Its length in bytes; 0 when the other end closed.</param>
    /// <returns>The descriptor that came with it (SCM_RIGHTS); null when none came.</returns>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileDescriptor? Receive(FileDescriptor socket, Span<byte> message, out int count)
    {
        fixed (byte* first = message)
        {
            var vector = new iovec { iov_base = first, iov_len = message.Length };
            RightsMessage rights = default;
            var header = new msghdr
            {
                msg_iov = &vector,
                msg_iovlen = 1,
                msg_control = &rights,
                msg_controllen = sizeof(RightsMessage),
            };

            using DescriptorInUse use = socket.Use();
            long received;
            Errno errno;
            do
            {
                received = recvmsg(use.Number, &header, MSG_CMSG_CLOEXEC);
                errno = LinuxException.ErrorOf(received);
            }
            while (errno == Errno.EINTR);

            if (received < 0)
            {
                throw new LinuxException("recvmsg", errno);
            }

            count = (int)received;
            return count > 0 && header.msg_controllen > 0 && rights.Header.cmsg_level == SOL_SOCKET && rights.Header.cmsg_type == SCM_RIGHTS
                ? new FileDescriptor(rights.Descriptor)
                : null;
        }
    }

    /// <summary>Sends a message with a descriptor (SCM_RIGHTS).</summary>
    /// <param name="socket">This end.</param>
    /// <param name="message">The message: at least a byte.</param>
    /// <param name="descriptor">What the other end gets a descriptor of, too.</param>
    /// <exception cref="LinuxException">The call failed: EPIPE when the other end has closed.</exception>
    public static void Send(FileDescriptor socket, ReadOnlySpan<byte> message, FileDescriptor descriptor)
    {
        fixed (byte* first = message)
        {
            using DescriptorInUse use = socket.Use(), sent = descriptor.Use();
            var vector = new iovec { iov_base = first, iov_len = message.Length };
            var rights = new RightsMessage
            {
                Header = new cmsghdr { cmsg_len = sizeof(cmsghdr) + sizeof(int), cmsg_level = SOL_SOCKET, cmsg_type = SCM_RIGHTS },
                Descriptor = sent.Number,
            };
            var header = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = &rights, msg_controllen = sizeof(RightsMessage) };
            Errno errno;
            do
            {
                errno = LinuxException.ErrorOf(sendmsg(use.Number, &header, MSG_NOSIGNAL));
            }
            while (errno == Errno.EINTR);

            if (errno != Errno.None)
            {
                throw new LinuxException("sendmsg", errno);
            }
        }
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
