using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Encryption;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>
/// The header of LUKS2: 4096 bytes, and the metadata in JSON behind them; all of it is there twice, and of the copies that are whole the
/// newer counts (LUKS2 2).
/// </summary>
internal static class Luks2Header
{
    private const int BinarySize = 4096;
    private const int MinSize = 16 << 10;
    private const int MaxSize = 4 << 20;
    private const int ChecksumPlace = 448;
    private const int ChecksumSize = 64;
    private const string Clause = "LUKS2 2.1";

    /// <summary>Where the second copy may be: behind a first one of any size (LUKS2 2.2).</summary>
    public static IReadOnlyList<long> SecondPlaces { get; } = [.. Enumerable.Range(0, 9).Select(i => (long)MinSize << i)];

    /// <summary>What the second copy begins with.</summary>
    public static ReadOnlySpan<byte> SecondMark => [(byte)'S', (byte)'K', (byte)'U', (byte)'L', 0xBA, 0xBE];

    /// <summary>Whether there is a header of this version, or what is left of one.</summary>
    public static bool IsMeant(BlockSource source)
    {
        if (!LuksHeader.HasMark(source))
        {
            return FindSecond(source) is not null;
        }

        Span<byte> version = stackalloc byte[sizeof(ushort)];
        source.ReadAt(LuksHeader.Mark.Length, version);
        return BinaryPrimitives.ReadUInt16BigEndian(version) == 2;
    }

    /// <summary>Where the second copy begins; null when there is none. A place that cannot be read has none: it may be any disk's.</summary>
    public static long? FindSecond(BlockSource source)
    {
        Span<byte> mark = stackalloc byte[SecondMark.Length];
        foreach (long place in SecondPlaces)
        {
            if (place > source.Length - BinarySize)
            {
                break;
            }

            if (TryRead(source, place, mark) && mark.SequenceEqual(SecondMark))
            {
                return place;
            }
        }

        return null;
    }

    private static bool TryRead(BlockSource source, long place, Span<byte> mark)
    {
        try
        {
            source.ReadAt(place, mark);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
    }

    /// <summary>Reads the header.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="warn">Called when one of the copies is damaged.</param>
    /// <param name="allowance">What may still be read of metadata; null for any amount.</param>
    /// <exception cref="ImageException">Both copies are damaged.</exception>
    public static LuksHeader Read(BlockSource source, Action<string> warn, RecognitionAllowance? allowance = null)
    {
        Copy? first = TryRead(source, 0, LuksHeader.Mark, allowance, out InvalidImageException? firstProblem);
        InvalidImageException? secondProblem = null;
        Copy? second = (first?.Size ?? FindSecond(source)) is { } place ? TryRead(source, place, SecondMark, allowance, out secondProblem) : null;
        if ((first ?? second) is null)
        {
            throw firstProblem!;
        }

        if ((firstProblem ?? secondProblem) is { } damaged)
        {
            warn($"one of the two headers of LUKS2 is damaged, the other is used: {damaged.Message}");
        }

        return (second is not null && (first is null || second.Sequence > first.Sequence) ? second : first!).Parse();
    }

    /// <summary>Checks both copies.</summary>
    public static void Check(BlockSource source, CheckRun run)
    {
        Copy? first = null;
        run.Try(() => first = ReadCopy(source, 0, LuksHeader.Mark));
        run.Try(() => first?.Parse());
        long? second = first?.Size ?? FindSecond(source);
        if (second is { } there)
        {
            Copy? other = null;
            run.Try(() => other = ReadCopy(source, there, SecondMark));
            run.Try(() => other?.Parse());
            if (first is not null && other is not null && first.Sequence != other.Sequence)
            {
                run.Find("LUKS2 header", there, $"it is number {other.Sequence}, and the first one is {first.Sequence}", Clause);
            }
        }
        else
        {
            run.Find("LUKS2 header", 0, "there is no second copy of it", Clause);
        }

        run.Extent = "2 copies";
    }

    private static Copy? TryRead(BlockSource source, long place, ReadOnlySpan<byte> mark, RecognitionAllowance? allowance, out InvalidImageException? problem)
    {
        problem = null;
        try
        {
            return ReadCopy(source, place, mark, allowance);
        }
        catch (InvalidImageException e)
        {
            problem = e;
        }
        catch (TruncatedImageException e)
        {
            problem = new InvalidImageException("LUKS2 header", place, e.Message, Clause);
        }

        return null;
    }

    private static Copy ReadCopy(BlockSource source, long place, ReadOnlySpan<byte> mark, RecognitionAllowance? allowance = null)
    {
        byte[] bytes = new byte[BinarySize];
        source.ReadAt(place, bytes);
        long size = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(8));
        string? problem = !bytes.AsSpan().StartsWith(mark) ? "it does not begin with its mark"
            : BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(6)) != 2 ? "it is of another version than 2"
            : !SecondPlaces.Contains(size) ? $"it says that it has {size} bytes, where {MinSize} to {MaxSize} are possible, in powers of two"
            : BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(256)) != place ? "it says that it is elsewhere"
            : null;
        if (problem is not null)
        {
            throw new InvalidImageException("LUKS2 header", place, problem, Clause);
        }

        allowance?.Take(size);
        byte[] metadata = new byte[(int)size - BinarySize];
        source.ReadAt(place + BinarySize, metadata);
        byte[] stored = bytes[ChecksumPlace..(ChecksumPlace + ChecksumSize)];
        bytes.AsSpan(ChecksumPlace, ChecksumSize).Clear();
        HashFunction hash = CryptoHash.Find(KeyLimits.Text(bytes.AsSpan(72, 32)));
        byte[] computed = new byte[ChecksumSize];
        hash.Compute(bytes, metadata, computed);
        return computed.AsSpan(0, hash.Size).SequenceEqual(stored.AsSpan(0, hash.Size))
            ? new Copy(place, size, BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(16)), bytes, metadata)
            : throw new InvalidImageException("LUKS2 header", place, "its checksum is wrong", Clause);
    }

    /// <summary>A copy of the header that is whole.</summary>
    private sealed record Copy(long Place, long Size, ulong Sequence, byte[] Binary, byte[] Metadata)
    {
        public LuksHeader Parse()
        {
            int end = Array.IndexOf(Metadata, (byte)0);
            return Luks2Metadata.Parse(Metadata.AsMemory(0, end < 0 ? Metadata.Length : end), Place + BinarySize) with
            {
                Uuid = KeyLimits.Text(Binary.AsSpan(168, 40)),
                Label = KeyLimits.Text(Binary.AsSpan(24, 48)),
                Subsystem = KeyLimits.Text(Binary.AsSpan(208, 48)),
            };
        }
    }
}
