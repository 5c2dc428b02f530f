using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>Volumes that Windows encrypts, from Windows Vista on: BitLocker and BitLocker To Go.</summary>
internal sealed class BitLockerFormat : VolumeFormat
{
    /// <inheritdoc/>
    public override string Name => "BitLocker";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["bitlocker", "bitlk", "fve"];

    /// <inheritdoc/>
    public override string Title => "BitLocker";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } =
    [
        new(VolumeHeader.SignaturePlace, VolumeHeader.Signature.ToArray()),
        new(VolumeHeader.ToGoIdentifierPlace, VolumeHeader.Identifier.ToArray()),
        new(VolumeHeader.ToGoIdentifierPlace, VolumeHeader.EowIdentifier.ToArray()),
    ];

    /// <inheritdoc/>
    public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context) =>
        BitLockerMetadata.IsMeant(source) && BitLockerMetadata.Read(source, context.Warn) is { } metadata
            ? new BitLockerMember(source, metadata) { Uuid = metadata.Uuid }
            : null;

    /// <inheritdoc/>
    public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) => new BitLockerSet((BitLockerMember)members[0]);

    /// <inheritdoc/>
    public override IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors)
    {
        if (BitLockerMetadata.IsMeant(source))
        {
            yield return new Check("BitLocker metadata", run => BitLockerMetadata.Check(source, run));
        }
    }
}

/// <summary>A volume encrypted by BitLocker.</summary>
/// <param name="Source">What is encrypted.</param>
/// <param name="Metadata">Its metadata.</param>
internal sealed record BitLockerMember(BlockSource Source, BitLockerMetadata Metadata) : VolumeMember(Source, null);
