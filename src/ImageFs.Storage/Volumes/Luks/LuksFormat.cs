using ImageFs.Storage.Checking;
using ImageFs.Storage.Encryption;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>Volumes encrypted by Linux, LUKS1 (On-Disk Format Specification 1.2.3) and LUKS2 (On-Disk Format Specification 1.1.1).</summary>
internal sealed class LuksFormat : VolumeFormat
{
    /// <inheritdoc/>
    public override string Name => "crypto_LUKS";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["luks", "luks1", "luks2"];

    /// <inheritdoc/>
    public override string Title => "LUKS1 and LUKS2";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, LuksHeader.Mark.ToArray()), .. Luks2Header.SecondPlaces.Select(place => new Mark(place, Luks2Header.SecondMark.ToArray()))];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options { get; } = [new("header=FILE", "the header of an encrypted volume, where it lies apart")];

    /// <inheritdoc/>
    public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context)
    {
        if (LuksHeader.HasMark(source))
        {
            return Member(source, source, context);
        }

        // Everything that is encrypted looks alike: a header that lies apart is for what is nothing else. So is a second copy of a header
        // whose first was written over.
        bool mayBe = (context.DetachedHeader is not null && !IsDecrypted(source)) || Luks2Header.FindSecond(source) is not null;
        return mayBe && !sectors.IsVolume(source) ? Member(source, context.DetachedHeader ?? source, context) : null;
    }

    /// <inheritdoc/>
    public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) => new LuksSet((LuksMember)members[0]);

    /// <inheritdoc/>
    public override IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors)
    {
        if (Luks2Header.IsMeant(source))
        {
            yield return new Check("LUKS2 headers and metadata", run => Luks2Header.Check(source, run));
        }
        else if (LuksHeader.HasMark(source))
        {
            yield return new Check("LUKS1 header", run => run.Try(() => Luks1Header.Read(source)));
        }
    }

    // A header is for one volume, and not once more for what is inside.
    private static bool IsDecrypted(BlockSource source) => source.Length > 0 && source.Locate(0, 1).Source is EncryptedSource;

    private static LuksMember Member(BlockSource source, BlockSource headerSource, OpenContext context)
    {
        LuksHeader header = LuksHeader.Read(headerSource, context.Warn, context.Recognition);
        header = header with { Unsupported = header.Unsupported ?? header.Segments.Select(segment => CipherSpecification.WhyUnknown(segment.Encryption)).FirstOrDefault(reason => reason is not null) };
        return new LuksMember(source, headerSource, header) { Uuid = header.Uuid, Label = header.Label };
    }
}

/// <summary>An encrypted volume.</summary>
/// <param name="Source">What is encrypted.</param>
/// <param name="HeaderSource">Where the header is; mostly the same.</param>
/// <param name="Header">The header.</param>
internal sealed record LuksMember(BlockSource Source, BlockSource HeaderSource, LuksHeader Header) : VolumeMember(Source, null);
