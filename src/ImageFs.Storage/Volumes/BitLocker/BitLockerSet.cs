using ImageFs.Linux;
using ImageFs.Storage.Keys;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>What is in a volume encrypted by BitLocker: one volume.</summary>
internal sealed record BitLockerSet : VolumeSet
{
    private readonly BitLockerMember _member;
    private readonly BitLockerKeys _keys;

    /// <summary>Makes the set.</summary>
    public BitLockerSet(BitLockerMember member)
        : base("BitLocker", member.Metadata.Uuid)
    {
        _member = member;
        _keys = new BitLockerKeys(member.Metadata);
        BitLockerMetadata metadata = member.Metadata;
        Entries = [new VolumeEntry(1, member.Source.Length - (member.Source.Length % metadata.SectorSize), string.Empty) { Kind = "crypt", IsEncrypted = NeedsKey && Unsupported is null }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<VolumeEntry> Entries { get; }

    // Where protection is suspended, the key lies beside what it opens.
    private bool NeedsKey => !_member.Metadata.IsPlain && _member.Metadata.ClearProtector is null;

    private string? Unsupported => _member.Metadata.Unsupported ?? (NeedsKey ? _keys.WhyNot : null);

    /// <inheritdoc/>
    public override ImageDescription Describe() => _member.Metadata.Describe();

    /// <inheritdoc/>
    public override BlockSource Open(VolumeEntry entry, OpenContext context)
    {
        BitLockerMetadata metadata = _member.Metadata;
        if (Unsupported is { } unsupported)
        {
            throw new UnsupportedFeatureException(unsupported);
        }

        if (metadata.IsPlain)
        {
            return new BitLockerVolume(_member.Source, metadata, default);
        }

        if (!NeedsKey)
        {
            using SecretMemory key = _keys.OpenClear();
            return Open(key, context);
        }

        string name = metadata.Description.Length > 0 ? $"the volume {metadata.Description}" : $"the volume {metadata.Uuid}";
        return Unlocking.Open(context.Keys, new KeyRequest(name) { What = _keys.What }, Try);

        BlockSource? Try(ReadOnlySpan<byte> secret, out string? problem)
        {
            using SecretMemory? key = _keys.Find(secret, out problem);
            return key is null ? null : Open(key, context);
        }
    }

    private BitLockerVolume Open(SecretMemory key, OpenContext context)
    {
        if (!_keys.IsIntact)
        {
            context.Warn("BitLocker's metadata are not those that its master key was used for: somebody has changed them");
        }

        return new BitLockerVolume(_member.Source, _member.Metadata, key.Span);
    }
}
