using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// The bits of a stream of little-endian words of 16 bits, the highest bit of each first. Behind the end there are zeros, which
/// <see cref="IsOverrun"/> tells of.
/// </summary>
/// <param name="source">The stream.</param>
/// <param name="start">Where the bits begin in it, in bytes.</param>
internal ref struct WordBits(ReadOnlySpan<byte> source, int start = 0)
{
    /// <summary>Bits that may be taken after a <see cref="Refill"/>.</summary>
    public const int Refilled = 48;

    private const int WordLength = 16;
    private const ulong LowBytes = 0x00FF_00FF_00FF_00FF;

    private readonly ReadOnlySpan<byte> _source = source;

    // The next bits, from the highest on. Behind those that count are zeros, or what follows in the stream.
    private ulong _bits;
    private int _count;
    private int _next = start;

    /// <summary>The next 16 bits.</summary>
    public readonly int Next16
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => unchecked((int)(_bits >> 48));
    }

    /// <summary>Whether more bits were taken than there are.</summary>
    public readonly bool IsOverrun => _next - (_count >> 3) > _source.Length;

    /// <summary>Sees to it that <see cref="Refilled"/> bits are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Refill()
    {
        // Without a branch, which would be foreseen wrongly every other time. What does not fit whole is there, but does not count.
        unchecked
        {
            _bits |= Load(_source, _next) >> _count;
            int words = (63 - _count) >> 4;
            _next += words * 2;
            _count += words * WordLength;
        }
    }

    /// <summary>Passes bits.</summary>
    /// <param name="count">At most as many as there are.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        _bits <<= count;
        unchecked
        {
            _count -= count;
        }
    }

    /// <summary>Takes a number.</summary>
    /// <param name="count">Its bits, 0 to 31, and at most as many as there are.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(int count)
    {
        int value = unchecked((int)(_bits >> 1 >> (63 - count)));
        Skip(count);
        return value;
    }

    /// <summary>Takes a number, wherever the bits are: not for loops that count.</summary>
    /// <param name="count">Its bits, 0 to 31.</param>
    public int Read(int count)
    {
        Refill();
        return Take(count);
    }

    /// <summary>
    /// Leaves the bits for bytes that lie among the words: those follow the word that a reader has last, who reads one whenever it
    /// has fewer bits than <paramref name="kept"/>. The bits that it has then stay.
    /// </summary>
    /// <param name="kept">Bits that such a reader has at least: a multiple of 16.</param>
    /// <returns>Where the bytes begin; <see cref="Resume"/> says where they end.</returns>
    public int Leave(int kept)
    {
        int words = (_count - kept) / WordLength;
        _count -= words * WordLength;
        _next -= words * 2;
        _bits &= ~(ulong.MaxValue >> _count);
        return _next;
    }

    /// <summary>Goes on with the bits after bytes.</summary>
    /// <param name="next">Where the next word begins.</param>
    public void Resume(int next) => _next = next;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Load(ReadOnlySpan<byte> source, int at) => at <= source.Length - sizeof(ulong)
        ? InOrder(BinaryPrimitives.ReadUInt64BigEndian(source[at..]))
        : LoadLast(source, at);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong LoadLast(ReadOnlySpan<byte> source, int at)
    {
        Span<byte> last = stackalloc byte[sizeof(ulong)];
        source[Math.Min(at, source.Length)..].CopyTo(last);
        return InOrder(BinaryPrimitives.ReadUInt64BigEndian(last));
    }

    private static ulong InOrder(ulong bytes) => ((bytes & LowBytes) << 8) | ((bytes >> 8) & LowBytes);
}
