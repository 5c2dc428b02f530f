using ImageFs.Linux;

namespace ImageFs.Tests.Fuse.Replies;

/// <summary>Stands for /dev/fuse: what is written or spliced to it can be read back.</summary>
internal sealed class TargetPipe(int capacity = 1 << 20) : IDisposable
{
    private readonly Pipe _pipe = Pipe.Create(capacity);

    public FileDescriptor Descriptor => _pipe.WriteEnd;

    /// <summary>All that has come since the last call.</summary>
    public byte[] Take()
    {
        byte[] buffer = new byte[1 << 21];
        int length = 0;
        int count;
        while ((count = Descriptors.Read(_pipe.ReadEnd, buffer.AsSpan(length), out _)) > 0)
        {
            length += count;
        }

        return buffer[..length];
    }

    public void Dispose() => _pipe.Dispose();
}
