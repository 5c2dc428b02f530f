using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;

namespace ImageFs.Fuse.Dispatch;

/// <summary>A request as it came: its header, and the bytes after it.</summary>
internal readonly ref struct FuseRequest
{
    private const int ExtensionUnit = 8;

    private FuseRequest(FuseInHeader header, ReadOnlySpan<byte> body)
    {
        Header = header;
        Body = body;
    }

    /// <summary>The header.</summary>
    public FuseInHeader Header { get; }

    /// <summary>What follows the header, without extensions (7.38).</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>What is asked for.</summary>
    public FuseOpcode Opcode => unchecked((FuseOpcode)Header.Opcode);

    /// <summary>The node that it is about.</summary>
    public ulong NodeId => Header.Nodeid;

    /// <summary>Takes a message apart.</summary>
    /// <returns>False when it is shorter than a header, or not as long as it says.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out FuseRequest request)
    {
        int headerSize = Unsafe.SizeOf<FuseInHeader>();
        if (MemoryMarshal.TryRead(message, out FuseInHeader header) && header.Len == message.Length)
        {
            int bodySize = message.Length - headerSize - (header.TotalExtlen * ExtensionUnit);
            if (bodySize >= 0)
            {
                request = new FuseRequest(header, message.Slice(headerSize, bodySize));
                return true;
            }
        }

        request = default;
        return false;
    }

    /// <summary>Reads the argument structure at the start of the body.</summary>
    /// <returns>False when the body is too short.</returns>
    public bool TryRead<T>(out T arguments)
        where T : unmanaged => MemoryMarshal.TryRead(Body, out arguments);

    /// <summary>Reads a structure and the name after it.</summary>
    /// <returns>False when the body is too short, or the name empty or without its NUL.</returns>
    public bool TryRead<T>(out T arguments, out ReadOnlySpan<byte> name)
        where T : unmanaged
    {
        name = default;
        return TryRead(out arguments) && TryReadName(Body[Unsafe.SizeOf<T>()..], out name);
    }

    /// <summary>Reads the name that is the whole body.</summary>
    /// <returns>False when it is empty or without its NUL.</returns>
    public bool TryReadName(out ReadOnlySpan<byte> name) => TryReadName(Body, out name);

    private static bool TryReadName(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> name)
    {
        int length = bytes.IndexOf((byte)0);
        name = bytes[..Math.Max(length, 0)];
        return length > 0;
    }
}
