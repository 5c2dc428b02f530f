using System.Buffers;

namespace ImageFs.Storage;

/// <summary>A buffer for the length of a call, out of the runtime's pool: making one costs no garbage.</summary>
public readonly ref struct PooledBuffer : IDisposable
{
    private readonly byte[] _bytes;
    private readonly int _length;

    /// <summary>Takes a buffer; what is in it is left over from its last use.</summary>
    /// <param name="length">Its length in bytes.</param>
    public PooledBuffer(int length)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(length);
        _length = length;
    }

    /// <summary>The buffer; good until it is given back.</summary>
    public Span<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
}
