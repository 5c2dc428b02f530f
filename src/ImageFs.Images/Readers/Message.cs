using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Images.Readers;

/// <summary>
/// A request to a reader, or its answer: fields in a row, numbers as this machine has them, runs of bytes behind their length. Its own length comes first.
/// It is written from the start, or received and read from the start, by one thread; what it gives is good until it is used again.
/// </summary>
internal sealed class Message
{
    private const int HeadSize = sizeof(int);
    private const int FirstSize = 4096;

    // A READ has 1 MiB at most, a listing a few names.
    private const int MaxLength = 2 << 20;

    private byte[] _bytes = new byte[FirstSize];
    private int _length = HeadSize;
    private int _place = HeadSize;

    /// <summary>Its fields.</summary>
    internal ReadOnlySpan<byte> Fields => _bytes.AsSpan(HeadSize, _length - HeadSize);

    /// <summary>Those that were not taken yet.</summary>
    internal ReadOnlySpan<byte> Rest => _bytes.AsSpan(_place, _length - _place);

    /// <summary>Has it be empty.</summary>
    internal void Clear() => _length = _place = HeadSize;

    /// <summary>Adds a number, or a structure of numbers.</summary>
    internal void Write<T>(T value)
        where T : unmanaged => MemoryMarshal.Write(Add(Unsafe.SizeOf<T>()), in value);

    /// <summary>Adds a flag.</summary>
    internal void WriteFlag(bool value) => Write((byte)(value ? 1 : 0));

    /// <summary>Adds bytes behind their length.</summary>
    internal void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Write(bytes.Length);
        bytes.CopyTo(Add(bytes.Length));
    }

    /// <summary>Adds fields that are written already.</summary>
    internal void Append(ReadOnlySpan<byte> fields) => fields.CopyTo(Add(fields.Length));

    /// <summary>Adds text as bytes.</summary>
    internal void WriteText(string text) => WriteBytes(ByteText.ToBytes(text));

    /// <summary>Adds room for bytes behind their length.</summary>
    internal Span<byte> AddBytes(int length)
    {
        Write(length);
        return Add(length);
    }

    /// <summary>Takes the next number, or structure of numbers.</summary>
    /// <exception cref="ReaderException">There is none.</exception>
    internal T Read<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(Take(Unsafe.SizeOf<T>()));

    /// <summary>Takes a flag.</summary>
    internal bool ReadFlag() => Read<byte>() != 0;

    /// <summary>Takes bytes.</summary>
    /// <exception cref="ReaderException">There are not so many.</exception>
    internal ReadOnlySpan<byte> ReadBytes() => Take(Read<int>());

    /// <summary>Takes text.</summary>
    internal string ReadText() => ByteText.FromBytes(ReadBytes());

    /// <summary>Sends it.</summary>
    /// <returns>False when the other end has closed.</returns>
    internal bool TrySend(FileDescriptor stream)
    {
        MemoryMarshal.Write(_bytes, in _length);
        for (int sent = 0; sent < _length;)
        {
            int count = Descriptors.Write(stream, _bytes.AsSpan(sent, _length - sent), out _);
            if (count <= 0)
            {
                return false;
            }

            sent += count;
        }

        return true;
    }

    /// <summary>Waits for one, which takes the place of what it was.</summary>
    /// <returns>False when the other end has closed, or sends what is none.</returns>
    internal bool TryReceive(FileDescriptor stream)
    {
        Clear();
        if (!TryFill(stream, _bytes.AsSpan(0, HeadSize)))
        {
            return false;
        }

        int length = MemoryMarshal.Read<int>(_bytes);
        if (length is < HeadSize or > MaxLength)
        {
            return false;
        }

        Add(length - HeadSize);
        return TryFill(stream, _bytes.AsSpan(HeadSize, length - HeadSize));
    }

    private static bool TryFill(FileDescriptor stream, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int count = Descriptors.Read(stream, destination, out Errno errno);
            if (count <= 0 && errno != Errno.EINTR)
            {
                return false;
            }

            destination = destination[Math.Max(count, 0)..];
        }

        return true;
    }

    private Span<byte> Add(int count)
    {
        int start = _length;
        _length = checked(start + count);
        if (_length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_length, 2 * _bytes.Length));
        }

        return _bytes.AsSpan(start, count);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _length - _place)
        {
            throw ReaderException.BadAnswer("too few bytes");
        }

        ReadOnlySpan<byte> taken = _bytes.AsSpan(_place, count);
        _place += count;
        return taken;
    }
}
