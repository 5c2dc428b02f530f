using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>
/// Standard output for bytes. Other than the console's stream it says when its reader has gone, and other than a file's it writes where
/// the descriptor stands. On a terminal each line is shown when it is whole.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private const int BufferLength = 1 << 16;

    // Most have little to say, and some nothing.
    private const int FirstLength = 1 << 10;

    private readonly FileDescriptor _descriptor = new(Descriptor, ownsHandle: false);
    private byte[] _buffer = [];
    private int _length;

    private StandardOutput()
    {
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="LinuxException">EPIPE: nobody reads any more.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public override void Flush()
    {
        int length = _length;
        _length = 0;
        WriteNow(_buffer.AsSpan(0, length));
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    /// <exception cref="LinuxException">EPIPE: nobody reads any more.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="LinuxException">EPIPE: nobody reads any more.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > BufferLength - _length)
        {
            Flush();
        }

        if (buffer.Length > BufferLength)
        {
            WriteNow(buffer);
            return;
        }

        if (_length + buffer.Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Clamp(2 * (_length + buffer.Length), FirstLength, BufferLength));
        }

        buffer.CopyTo(_buffer.AsSpan(_length));
        _length += buffer.Length;
        if (Terminal.IsThere && buffer.Contains((byte)'\n'))
        {
            Flush();
        }
    }

    /// <summary>Opens it; closing it flushes it, and leaves the descriptor open.</summary>
    internal static Stream Open() => new StandardOutput();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Flush();
        }

        base.Dispose(disposing);
    }

    private void WriteNow(ReadOnlySpan<byte> bytes)
    {
        try
        {
            FileWriting.Append(_descriptor, bytes);
        }
        catch (LinuxException e) when (e.Errno != Errno.EPIPE)
        {
            // No failure of the image's.
            throw new IOException($"standard output: {e.Message}", e);
        }
    }
}
