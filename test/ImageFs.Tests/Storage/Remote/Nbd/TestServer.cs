using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace ImageFs.Tests.Storage.Remote.Nbd;

/// <summary>An NBD server on a socket of this machine that says what a test wants: the protocol's bytes, put together by hand.</summary>
internal sealed class TestServer : IDisposable
{
    /// <summary>In place of a reply: none is sent now.</summary>
    public static readonly byte[] Later = [0];

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _clients = [];
    private readonly byte[] _bytes;
    private int _connections;

    public TestServer(byte[] bytes)
    {
        _bytes = bytes;
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"imagefs-nbd-{Guid.NewGuid():N}");
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Path { get; }

    public string Uri => $"nbd+unix:///x?socket={Path}";

    public int Connections => _connections;

    public ulong Length { get; init; } = ulong.MaxValue;

    public ushort Flags { get; init; } = 3;

    public bool IsStructured { get; init; } = true;

    /// <summary>What is sent in place of the greeting; null for the usual.</summary>
    public byte[]? Greeting { get; init; }

    /// <summary>Replies to an option, in place of the usual; null for those.</summary>
    public Func<uint, byte[]?> Option { get; init; } = _ => null;

    /// <summary>What is sent for a request, in place of the usual; null for that, an empty array to hang up.</summary>
    public Func<Request, byte[]?> Reply { get; set; } = _ => null;

    /// <summary>Wraps the connection when the client asks for TLS; null to refuse.</summary>
    public Func<Stream, Stream>? Tls { get; init; }

    public int StatusRequests { get; private set; }

    /// <summary>Runs of bytes, of which every second is of zeros; null where the server cannot tell.</summary>
    public uint[]? Runs { get; init; }

    public static byte[] OptionReply(uint option, uint type, ReadOnlySpan<byte> data, uint? length = null)
    {
        byte[] reply = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt64BigEndian(reply, 0x0003E889045565A9);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(8), option);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(12), type);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(16), length ?? (uint)data.Length);
        data.CopyTo(reply.AsSpan(20));
        return reply;
    }

    public static byte[] Simple(ulong cookie, uint error, ReadOnlySpan<byte> data, uint magic = 0x67446698)
    {
        byte[] reply = new byte[16 + data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(reply, magic);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(4), error);
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(8), cookie);
        data.CopyTo(reply.AsSpan(16));
        return reply;
    }

    public static byte[] Chunk(ulong cookie, ushort flags, ushort type, ReadOnlySpan<byte> data, uint? length = null)
    {
        byte[] reply = new byte[20 + data.Length];
        BinaryPrimitives.WriteUInt32BigEndian(reply, 0x668E33EF);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(4), flags);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(6), type);
        BinaryPrimitives.WriteUInt64BigEndian(reply.AsSpan(8), cookie);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(16), length ?? (uint)data.Length);
        data.CopyTo(reply.AsSpan(20));
        return reply;
    }

    /// <summary>A chunk with bytes of the export.</summary>
    public byte[] Data(Request request, long start, int length, bool isLast = false) =>
        Chunk(request.Cookie, (ushort)(isLast ? 1 : 0), 1, [.. Number((ulong)(request.Offset + start)), .. _bytes.AsSpan((int)(request.Offset + start), length)]);

    /// <summary>A chunk of zeros.</summary>
    public static byte[] Hole(Request request, long start, uint length, bool isLast = false) =>
        Chunk(request.Cookie, (ushort)(isLast ? 1 : 0), 2, [.. Number((ulong)(request.Offset + start)), .. Number(length)[..4]]);

    /// <summary>The end of a reply.</summary>
    public static byte[] End(Request request) => Chunk(request.Cookie, 1, 0, []);

    public static byte[] Error(Request request, uint error, bool isLast = true, string text = "broken") =>
        Chunk(request.Cookie, (ushort)(isLast ? 1 : 0), 0x8001, [.. Number(error)[..4], 0, (byte)text.Length, .. Encoding.UTF8.GetBytes(text)]);

    // Eight bytes; of a number that fits them the first four are that of a uint.
    public static byte[] Number(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Number(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public void HangUp()
    {
        lock (_clients)
        {
            _clients.ForEach(client => client.Dispose());
            _clients.Clear();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        HangUp();
        File.Delete(Path);
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket client = _listener.Accept();
                Interlocked.Increment(ref _connections);
                lock (_clients)
                {
                    _clients.Add(client);
                }

                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private void Serve(Socket client)
    {
        try
        {
            using Stream stream = new NetworkStream(client, ownsSocket: true);
            Serve(stream);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException or System.Security.Authentication.AuthenticationException)
        {
        }
    }

    private void Serve(Stream stream)
    {
        stream.Write(Greeting ?? [.. Number(0x4E42444D41474943ul), .. Number(0x49484156454F5054ul), 0, 3]);
        Take(stream, 4);
        while (true)
        {
            byte[] header = Take(stream, 16);
            uint option = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
            byte[] data = Take(stream, (int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12)));
            stream.Write(Option(option) ?? Answer(option, data));
            if (option == 5 && Tls is not null)
            {
                stream = Tls(stream);
            }

            if (option is 2 or 7)
            {
                break;
            }
        }

        while (true)
        {
            byte[] message = Take(stream, 28);
            var request = new Request(
                BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(6)), BinaryPrimitives.ReadUInt64BigEndian(message.AsSpan(8)),
                (long)BinaryPrimitives.ReadUInt64BigEndian(message.AsSpan(16)), (int)BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(24)));
            if (request.Command == 2)
            {
                return;
            }

            byte[] reply = Reply(request) ?? Usual(request);
            if (reply.Length == 0)
            {
                return;
            }

            stream.Write(reply == Later ? [] : reply);
        }
    }

    private byte[] Answer(uint option, byte[] data)
    {
        const uint Unsupported = (1u << 31) + 1;
        switch (option)
        {
            case 3:
                return [.. OptionReply(3, 2, [0, 0, 0, 1, (byte)'x']), .. OptionReply(3, 2, [0, 0, 0, 2, (byte)'y', (byte)'z']), .. OptionReply(3, 1, [])];
            case 5:
                return OptionReply(5, Tls is null ? Unsupported : 1, []);
            case 7:
                string name = Encoding.UTF8.GetString(data, 4, (int)BinaryPrimitives.ReadUInt32BigEndian(data));
                ulong length = Length == ulong.MaxValue ? (ulong)_bytes.Length : Length;
                return name == "x"
                    ? [.. OptionReply(7, 3, [0, 0, .. Number(length), (byte)(Flags >> 8), (byte)(Flags & 0xFF)]), .. OptionReply(7, 1, [])]
                    : OptionReply(7, (1u << 31) + 6, []);
            case 8:
                return OptionReply(8, IsStructured ? 1 : Unsupported, []);
            case 10 when Runs is not null:
                return [.. OptionReply(10, 4, [.. Number(77u), .. "base:allocation"u8]), .. OptionReply(10, 1, [])];
            default:
                return OptionReply(option, Unsupported, []);
        }
    }

    private byte[] Usual(Request request)
    {
        if (request.Command == 7)
        {
            StatusRequests++;
            var runs = new List<byte>();
            long at = 0;
            uint state = 0;
            foreach (uint run in Runs!)
            {
                if (at + run > request.Offset)
                {
                    runs.AddRange([.. Number((uint)(at + run - Math.Max(at, request.Offset))), .. Number(state)]);
                }

                at += run;
                state ^= 3;
            }

            return Chunk(request.Cookie, 1, 5, [.. Number(77u), .. runs]);
        }

        return IsStructured
            ? Data(request, 0, request.Length, isLast: true)
            : Simple(request.Cookie, 0, _bytes.AsSpan((int)request.Offset, request.Length));
    }

    private static byte[] Take(Stream stream, int length)
    {
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    internal readonly record struct Request(ushort Command, ulong Cookie, long Offset, int Length);
}
