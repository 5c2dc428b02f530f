using ImageFs.Linux;
using ImageFs.Storage.Containers.Packed;

namespace ImageFs.Storage.Containers.Gzip;

/// <summary>
/// Members of gzip: they are decoded from places between, at which deflate begins a block, with what was decoded before it (as Mark Adler's
/// zran does it). All of it was decoded and checked once before.
/// </summary>
/// <param name="source">The file.</param>
internal sealed class MembersPacking(BlockSource source) : Packing(GzipFormat.FormatName, source)
{
    /// <summary>The places inside members, by their addresses.</summary>
    public Dictionary<long, Place> Places { get; } = [];

    /// <summary>How many members there are.</summary>
    public long Members { get; set; }

    /// <inheritdoc/>
    public override PartReader Read(in PackedPart part, bool isMeasured = true)
    {
        InflateStream decoder = Places.TryGetValue(part.Address, out Place? place)
            ? new InflateStream(place.Window, place.Bits, place.Before)
            : new InflateStream();
        return new StreamPartReader("gzip member", Source, part.Address, Source.Length - part.Address, part.Length, decoder) { EndsInside = true };
    }

    /// <inheritdoc/>
    public override void Describe(ImageDescription description) => description.With("members", Members > 1 ? Members : null);

    /// <summary>Where a block of deflate begins.</summary>
    /// <param name="Window">What was decoded before it, 32 KiB at most.</param>
    /// <param name="Bits">Bits of the byte before that belong to it.</param>
    /// <param name="Before">That byte.</param>
    internal sealed record Place(byte[] Window, int Bits, byte Before);
}
