using ImageFs.Linux;
using ImageFs.Storage.Encryption;
using ImageFs.Storage.Keys;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>What is in an encrypted volume: one volume.</summary>
internal sealed record LuksSet : VolumeSet
{
    private readonly LuksMember _member;

    /// <summary>Makes the set.</summary>
    public LuksSet(LuksMember member)
        : base("crypto_LUKS", member.Header.Uuid)
    {
        _member = member;
        Entries = [new VolumeEntry(1, member.Header.LengthIn(member.Source), string.Empty) { Kind = "crypt", Name = member.Header.Label, IsEncrypted = member.Header.Unsupported is null }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<VolumeEntry> Entries { get; }

    /// <inheritdoc/>
    public override ImageDescription Describe() => _member.Header.Describe();

    /// <inheritdoc/>
    public override BlockSource Open(VolumeEntry entry, OpenContext context)
    {
        LuksHeader header = _member.Header;
        if (header.Unsupported is { } unsupported)
        {
            throw new UnsupportedFeatureException(unsupported);
        }

        // What cannot be read is told before anybody is asked for a passphrase.
        List<(LuksSegment Segment, CipherSpecification Specification)> segments =
            [.. header.Segments.Select(segment => (segment, CipherSpecification.Parse(segment.Encryption)))];
        if (segments.Count == 0)
        {
            throw new InvalidImageException("LUKS header", 0, "it has no segment");
        }

        var keys = new LuksKeys(_member.HeaderSource, header, context.KeyCosts);
        return Unlocking.Open(context.Keys, new KeyRequest(NameOf(header)), Try);

        BlockSource? Try(ReadOnlySpan<byte> passphrase, out string? problem)
        {
            problem = null;
            return TryOpen(segments, keys, passphrase);
        }
    }

    private BlockSource? TryOpen(List<(LuksSegment Segment, CipherSpecification Specification)> segments, LuksKeys keys, ReadOnlySpan<byte> passphrase)
    {
        var parts = new List<BlockSource>();
        foreach ((LuksSegment segment, CipherSpecification specification) in segments)
        {
            using SecretMemory? key = keys.Find(segment.Number, passphrase);
            if (key is null)
            {
                return null;
            }

            long length = segment.LengthIn(_member.Source);
            if (segment.Offset > _member.Source.Length)
            {
                throw new TruncatedImageException(segment.Offset, _member.Source.Length);
            }

            parts.Add(new EncryptedSource(_member.Source, segment.Offset, length, new SectorCipher(specification, key.Span, segment.SectorSize), segment.FirstNumber));
        }

        return parts.Count == 1 ? parts[0] : new ConcatenatedSource(parts);
    }

    private static string NameOf(LuksHeader header) => header.Label.Length > 0 ? $"the volume {header.Label}" : $"the volume {header.Uuid}";
}
