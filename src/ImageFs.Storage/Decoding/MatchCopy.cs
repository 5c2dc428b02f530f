using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ImageFs.Storage.Decoding;

/// <summary>Copies what a stream of the family of LZ77 refers to: bytes that were written before.</summary>
internal static class MatchCopy
{
    private const int Stride = 16;

    /// <summary>Copies a match to where writing goes on. It may reach into what it writes: then it repeats.</summary>
    /// <param name="destination">What is written; behind the match it may hold anything afterwards.</param>
    /// <param name="written">Bytes written so far.</param>
    /// <param name="distance">How far before the end of those the match begins: at least 1.</param>
    /// <param name="length">Bytes of the match.</param>
    /// <returns>False when it begins before the start, or ends behind the end; nothing is written then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCopy(Span<byte> destination, int written, int distance, int length)
    {
        if (distance > written || length > destination.Length - written)
        {
            return false;
        }

        if (distance < Stride || length > destination.Length - written - Stride)
        {
            CopySlowly(destination, written, distance, length);
            return true;
        }

        ReadOnlySpan<byte> from = destination[(written - distance)..];
        Span<byte> to = destination[written..];
        int done = 0;
        do
        {
            Vector128.Create(from[done..]).CopyTo(to[done..]);
            done += Stride;
        }
        while (done < length);
        return true;
    }

    // Without writing a byte behind the match.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CopySlowly(Span<byte> destination, int written, int distance, int length)
    {
        ReadOnlySpan<byte> from = destination[(written - distance)..];
        Span<byte> to = destination.Slice(written, length);
        if (distance == 1)
        {
            to.Fill(from[0]);
        }
        else if (length <= Stride)
        {
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = from[i];
            }
        }
        else
        {
            // What was written is a match of twice the length.
            for (int done = 0; done < length;)
            {
                int part = Math.Min(distance + done, length - done);
                from[..part].CopyTo(to[done..]);
                done += part;
            }
        }
    }
}
