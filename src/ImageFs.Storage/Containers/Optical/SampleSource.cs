using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The samples of an audio track, low byte first. What is in no file is silence.</summary>
/// <param name="track">The track.</param>
/// <param name="runs">The disc's sectors, in order.</param>
internal sealed class SampleSource(DiscTrack track, SectorRun[] runs) : PiecedSource
{
    /// <inheritdoc/>
    public override long Length { get; } = track.Count * SectorLayout.RawSize;

    /// <inheritdoc/>
    protected override bool MayJoin => false;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long sector = track.Start + Math.DivRem(offset, SectorLayout.RawSize, out long within);
        int index = Disc.FindRun(runs, sector);
        if (index == runs.Length || sector < runs[index].Start)
        {
            long end = index == runs.Length ? Length : Math.Min(Length, (runs[index].Start - track.Start) * SectorLayout.RawSize);
            return Piece.Hole(end - offset);
        }

        ref readonly SectorRun run = ref runs[index];
        if (!run.IsAudio)
        {
            throw new UnsupportedFeatureException($"reading sector {sector} as sound (it holds data)");
        }

        if (run.IsSwapped)
        {
            return Piece.Encoded(run.File, run.AddressOf(sector, 0), SectorLayout.RawSize, SwappedSamples.Codec, within, SectorLayout.RawSize);
        }

        bool isPlain = run.Layout.Size == SectorLayout.RawSize;
        long left = isPlain ? (Math.Min(run.End, track.End) - sector) * SectorLayout.RawSize : SectorLayout.RawSize;
        return Piece.Mapped(run.File, run.AddressOf(sector, (int)within), left - within);
    }

    /// <summary>Samples with their high byte first.</summary>
    private sealed class SwappedSamples : Codec
    {
        public static readonly SwappedSamples Codec = new();

        public override string Name => "swapped samples";

        protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, short>(encoded.Span), MemoryMarshal.Cast<byte, short>(destination));
            return destination.Length;
        }
    }
}
