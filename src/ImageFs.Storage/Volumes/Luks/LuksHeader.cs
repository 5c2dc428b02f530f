using System.Globalization;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>What the header of an encrypted volume says, of either version.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="Uuid">The volume's UUID, as it is written there.</param>
internal sealed record LuksHeader(int Version, string Uuid)
{
    /// <summary>What a header begins with (LUKS1 3, LUKS2 2.1).</summary>
    public static ReadOnlySpan<byte> Mark => [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xBA, 0xBE];

    /// <summary>The label; empty when it has none.</summary>
    public string Label { get; init; } = string.Empty;

    /// <summary>LUKS2's second label; empty when it has none.</summary>
    public string Subsystem { get; init; } = string.Empty;

    /// <summary>The encrypted copies of the volume's key.</summary>
    public IReadOnlyList<KeySlot> Slots { get; init; } = [];

    /// <summary>What tells the right key.</summary>
    public IReadOnlyList<KeyDigest> Digests { get; init; } = [];

    /// <summary>Where the encrypted bytes are, in the order of the volume's own.</summary>
    public IReadOnlyList<LuksSegment> Segments { get; init; } = [];

    /// <summary>What is not read of it, with what to do; null when all is.</summary>
    public string? Unsupported { get; init; }

    /// <summary>Whether a header begins a source.</summary>
    public static bool HasMark(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[Mark.Length];
        if (source.Length < Luks1Header.Size)
        {
            return false;
        }

        source.ReadAt(0, bytes);
        return bytes.SequenceEqual(Mark);
    }

    /// <summary>Reads a header of either version.</summary>
    /// <param name="source">What it begins, or what its second copy is in.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    /// <param name="allowance">What may still be read of metadata; null for any amount.</param>
    /// <exception cref="ImageException">It is damaged, or of a version that is not read.</exception>
    public static LuksHeader Read(BlockSource source, Action<string> warn, RecognitionAllowance? allowance = null) =>
        Luks2Header.IsMeant(source) ? Luks2Header.Read(source, warn, allowance) : Luks1Header.Read(source);

    /// <summary>Length of the volume's own bytes.</summary>
    /// <param name="source">What is encrypted.</param>
    public long LengthIn(BlockSource source) => Segments.Sum(segment => segment.LengthIn(source));

    /// <summary>What <c>imagefs info</c> says of it.</summary>
    public ImageDescription Describe()
    {
        ImageDescription description = new ImageDescription("luks")
            .With("version", (long)Version)
            .With("uuid", Uuid)
            .With("label", Label)
            .With("subsystem", Subsystem);
        if (Segments is [var segment, ..])
        {
            description.With("cipher", segment.Encryption).With("sector-size", (long)segment.SectorSize).With("offset", segment.Offset);
        }

        foreach (KeySlot slot in Slots)
        {
            description.With(
                $"key-slot-{slot.Number.ToString(CultureInfo.InvariantCulture)}",
                $"{slot.Encryption}, key of {8 * slot.KeyLength} bits, {slot.Function}{(IsBound(slot) ? string.Empty : ", of no part of the volume")}");
        }

        return description.With("unknown", Unsupported);
    }

    /// <summary>Whether a slot has the key of some segment: LUKS2 has such as are of nothing.</summary>
    public bool IsBound(KeySlot slot) => Digests.Any(digest => digest.Segments.Count > 0 && digest.Slots.Contains(slot.Number));
}

/// <summary>A copy of the volume's key, encrypted with what is derived of a passphrase, and spread so that it can be wiped.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="KeyLength">Bytes of the volume's key.</param>
/// <param name="Function">Derives a key from the passphrase.</param>
/// <param name="Encryption">How the copy is encrypted: "aes-xts-plain64".</param>
/// <param name="AreaKeyLength">Bytes of the key that it is encrypted with.</param>
/// <param name="Area">Where it is, from the start of the header.</param>
/// <param name="Stripes">The stripes that the key is split into.</param>
/// <param name="StripeHash">The hash function of the split.</param>
internal sealed record KeySlot(int Number, int KeyLength, KeyFunction Function, string Encryption, int AreaKeyLength, long Area, int Stripes, string StripeHash)
{
    /// <summary>0: only for who asks for it by number; 1: usual; 2: the first to be tried.</summary>
    public int Priority { get; init; } = 1;
}

/// <summary>Tells the right key of segments by a hash of it.</summary>
/// <param name="Function">Derives the hash from the key.</param>
/// <param name="Value">What it is for the right one.</param>
/// <param name="Slots">The numbers of the slots that have the key.</param>
/// <param name="Segments">The numbers of the segments that it is for.</param>
internal sealed record KeyDigest(Pbkdf2 Function, byte[] Value, IReadOnlyList<int> Slots, IReadOnlyList<int> Segments);

/// <summary>A part of the volume that is encrypted in one way.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Offset">Where it is in what is encrypted.</param>
/// <param name="Length">Its length in bytes; null when it reaches to the end.</param>
/// <param name="Encryption">How sectors are encrypted.</param>
/// <param name="SectorSize">Bytes of a sector.</param>
/// <param name="FirstNumber">The first sector's number for its initial vector, in units of 512 bytes.</param>
internal sealed record LuksSegment(int Number, long Offset, long? Length, string Encryption, int SectorSize, ulong FirstNumber)
{
    /// <summary>Its length in bytes, whole sectors.</summary>
    /// <param name="source">What is encrypted.</param>
    public long LengthIn(BlockSource source)
    {
        long length = Length ?? Math.Max(0, source.Length - Offset);
        return length - (length % SectorSize);
    }
}
