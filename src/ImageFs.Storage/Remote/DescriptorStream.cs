using ImageFs.Linux;

namespace ImageFs.Storage.Remote;

/// <summary>A connected socket as a stream, for who speaks TLS over it.</summary>
/// <param name="socket">The socket, whose timeouts say how long the other end may say nothing, or take nothing; it is the stream's.</param>
internal sealed class DescriptorStream(FileDescriptor socket) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            int count = Descriptors.Read(socket, buffer, out Errno errno);
            if (count >= 0)
            {
                return count;
            }

            if (errno != Errno.EINTR)
            {
                throw new IOException(LinuxException.Text(errno == Errno.EAGAIN ? Errno.ETIMEDOUT : errno));
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int count = Descriptors.Write(socket, buffer, out Errno errno);
            buffer = count >= 0 ? buffer[count..] : throw new IOException(LinuxException.Text(errno));
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }
}
