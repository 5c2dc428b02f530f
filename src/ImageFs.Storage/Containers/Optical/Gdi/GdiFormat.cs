using System.Runtime.ExceptionServices;
using ImageFs.Linux;
using ImageFs.Storage.Containers.Optical.Sheets;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical.Gdi;

/// <summary>A GD-ROM of Dreamcast by its sheet: <c>.gdi</c> and the files that it names. The high-density area is its second session.</summary>
public sealed class GdiFormat : ContainerFormat
{
    // The high-density area begins here.
    private const long HighDensityStart = 45_000;

    /// <inheritdoc/>
    public override string Name => "gdi";

    /// <inheritdoc/>
    public override string Title => "a GD-ROM of Dreamcast";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".gdi"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [DiscOptions.Encoding, DiscOptions.Audio];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => SheetText.FindHead(file) is { } head && GdiSheet.IsRecognised(head);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var text = SheetText.Read(file, context.Options);
        var files = new SheetFiles(file, text.ReadingsOf);
        IReadOnlyList<GdiTrack> tracks = GdiSheet.Parse(text.Text);
        var disc = new DiscBuilder(Name);
        Exception? problem = null;
        bool hasAny = false;
        for (int i = 0; i < tracks.Count; i++)
        {
            GdiTrack track = tracks[i];
            int session = track.Start < HighDensityStart ? 1 : 2;
            TrackKind said = track.IsData ? TrackKind.Mode1 : TrackKind.Audio;
            var layout = SectorLayout.Of(said, track.SectorSize);
            disc.EndTrack();
            disc.Position = track.Start;
            try
            {
                (BlockSource source, long offset, long end) = OpenSectors(files, track, tracks.Count == 1);
                (TrackKind kind, layout) = track.IsData
                    ? SectorSurvey.Settle(source, offset, 0, track.Number, (said, layout), context.Warn)
                    : (said, layout);
                disc.BeginTrack(track.Number, session, kind, layout);
                long count = Math.Max(0, end - offset) / layout.Size;
                disc.Append(source, offset, i + 1 < tracks.Count ? Math.Min(count, tracks[i + 1].Start - track.Start) : count);
                hasAny = true;
            }
            catch (Exception e) when (!track.IsData && e is UnsupportedFeatureException or LinuxException { Errno: Errno.ENOENT })
            {
                problem ??= e;
                context.Warn($"{e.Message}: track {track.Number} is left out");
                disc.BeginTrack(track.Number, session, said, layout);
                disc.MarkUnread(e.Message);
            }
        }

        if (!hasAny && problem is not null)
        {
            ExceptionDispatchInfo.Throw(problem);
        }

        return disc.Build(context);
    }

    private static (BlockSource Source, long Offset, long End) OpenSectors(SheetFiles files, GdiTrack track, bool isOnly)
    {
        ImageFile file = files.Open(track.File, isOnly);
        if (track.IsData || (!SoundFile.IsWave(file) && SoundFile.NameOf(file) is null))
        {
            return (file.Source, track.Offset, file.Source.Length);
        }

        (long samples, long length) = SoundFile.FindSamples(file);
        return (file.Source, samples + track.Offset, samples + length);
    }
}
