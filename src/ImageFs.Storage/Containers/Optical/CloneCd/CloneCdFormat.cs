using ImageFs.Linux;
using ImageFs.Storage.Containers.Optical.Sheets;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical.CloneCd;

/// <summary>A disc as CloneCD keeps it: <c>.ccd</c>, a table of contents; <c>.img</c> beside it, raw sectors; <c>.sub</c>, the subchannels.</summary>
public sealed class CloneCdFormat : ContainerFormat
{
    private const int LeadOut = 0xA2;
    private const int DataTrack = 4;

    // What may lie in front of a session's first track in the image.
    private const int MaxPregap = 300;

    /// <inheritdoc/>
    public override string Name => "ccd";

    /// <inheritdoc/>
    public override string Title => "a disc of CloneCD";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".ccd"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Encoding, DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) =>
        SheetText.FindHead(file) is { } head && head.TrimStart().StartsWith("[CloneCD]", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var sheet = CloneCdSheet.Parse(SheetText.Read(file, context.Options).Text);
        BlockSource image = OpenImage(file).Source;
        var disc = new DiscBuilder(Name);
        long offset = 0;
        foreach (IGrouping<long, CloneCdEntry> session in sheet.Entries.GroupBy(entry => entry.Session).OrderBy(session => session.Key))
        {
            CloneCdEntry[] tracks = [.. session.Where(entry => entry.IsTrack).OrderBy(entry => entry.Start)];
            CloneCdEntry end = session.FirstOrDefault(entry => entry.Point == LeadOut)
                ?? throw Invalid($"session {session.Key} has no lead-out");
            if (tracks.Length == 0)
            {
                continue;
            }

            // The image has the sectors of one session after those of the other, without what lies between them on the disc.
            disc.EndTrack();
            offset = disc.Position == 0 ? tracks[0].Start * SectorLayout.RawSize : FindStart(image, offset, tracks[0]);
            disc.Position = tracks[0].Start;
            for (int i = 0; i < tracks.Length; i++)
            {
                long next = i + 1 < tracks.Length ? tracks[i + 1].Start : end.Start;
                long count = next - tracks[i].Start;
                if (tracks[i].Start < 0 || count < 0)
                {
                    throw Invalid($"track {tracks[i].Point} has {count} sectors at {tracks[i].Start}");
                }

                (TrackKind kind, SectorLayout layout) = FindLayout(image, offset, tracks[i], sheet, context.Warn);
                disc.BeginTrack((int)tracks[i].Point, (int)session.Key, kind, layout);
                disc.Append(image, offset, count);
                offset = checked(offset + (count * layout.Size));
            }
        }

        return disc.Build(context);
    }

    private static InvalidImageException Invalid(string problem) => new("CloneCD sheet", 0, problem);

    // It has the sheet's name; or that which it was made with, when it is not ".img".
    private static ImageFile OpenImage(ImageFile sheet)
    {
        var files = new SheetFiles(sheet);
        return files.TryOpenNamesake(".img") ?? files.TryOpenNamesake(".bin")
            ?? throw new LinuxException("open", Errno.ENOENT, Path.ChangeExtension(sheet.Name, "img"));
    }

    // The pregap of a later session may be in the image or not: the address of a data sector tells.
    private static long FindStart(BlockSource image, long offset, CloneCdEntry track)
    {
        Span<byte> buffer = stackalloc byte[SectorHeader.Length];
        return SectorHeader.TryRead(image, offset, buffer, out SectorHeader header)
            && header.Address is long address && track.Start - address is > 0 and <= MaxPregap and long pregap
            ? offset + (pregap * SectorLayout.RawSize)
            : offset;
    }

    // The sheet's mode is not always there, and not always right.
    private static (TrackKind Kind, SectorLayout Layout) FindLayout(
        BlockSource image, long offset, CloneCdEntry track, CloneCdSheet sheet, Action<string> warn)
    {
        long? mode = sheet.ModeOf(track.Point);
        TrackKind said = (track.Control & DataTrack) == 0 ? TrackKind.Audio : mode == 2 ? TrackKind.Mode2 : TrackKind.Mode1;
        Action<string> hear = mode is null ? static _ => { } : warn;
        return SectorSurvey.Settle(image, offset, 0, (int)track.Point, (said, SectorLayout.Of(said, SectorLayout.RawSize)), hear);
    }
}
