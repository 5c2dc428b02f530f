using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The samples of an audio track, low byte first. What is in no file is silence.</summary>
/// <param name="track">The track.</param>
/// <param name="runs">The disc's sectors, in order.</param>
internal sealed class SampleSource(DiscTrack track, SectorRun[] runs) : BlockSource
{
    /// <inheritdoc/>
    public override long Length { get; } = track.Count * SectorLayout.RawSize;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        long sector = track.Start + Math.DivRem(offset, SectorLayout.RawSize, out long within);
        int index = Disc.FindRun(runs, sector);
        if (index == runs.Length || sector < runs[index].Start)
        {
            long end = index == runs.Length ? Length : Math.Min(Length, (runs[index].Start - track.Start) * SectorLayout.RawSize);
            return Extent.Hole(offset, Math.Min(maxLength, end - offset));
        }

        ref readonly SectorRun run = ref runs[index];
        if (!run.IsAudio)
        {
            throw new UnsupportedFeatureException($"reading sector {sector} as sound (it holds data)");
        }

        bool isPlain = run.Layout.Size == SectorLayout.RawSize;
        long left = isPlain ? (Math.Min(run.End, track.End) - sector) * SectorLayout.RawSize : SectorLayout.RawSize;
        long length = Math.Min(maxLength, left - within);
        if (run.IsSwapped)
        {
            return new Extent(offset, length, ExtentKind.Encoded, 0);
        }

        below = run.File;
        return Extent.Mapped(offset, length, run.AddressOf(sector, (int)within));
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            long sector = track.Start + Math.DivRem(offset, SectorLayout.RawSize, out long within);
            int length = (int)Math.Min(destination.Length, SectorLayout.RawSize - within);
            ReadSwapped(runs[Disc.FindRun(runs, sector)], sector, (int)within, destination[..length]);
            destination = destination[length..];
            offset += length;
        }
    }

    // A read may begin or end within a sample.
    private static void ReadSwapped(in SectorRun run, long sector, int within, Span<byte> destination)
    {
        Span<byte> samples = stackalloc byte[SectorLayout.RawSize];
        int first = within & ~1;
        samples = samples[..((within + destination.Length - first + 1) & ~1)];
        run.File.ReadAt(run.AddressOf(sector, first), samples);
        Span<short> words = MemoryMarshal.Cast<byte, short>(samples);
        BinaryPrimitives.ReverseEndianness(words, words);
        samples.Slice(within - first, destination.Length).CopyTo(destination);
    }
}
