using ImageFs.Storage.Volumes;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The tracks of a disc as volumes; of one with a single track, of data, the disc itself is the volume, which may have partitions of its own.</summary>
internal sealed class DiscTracks : PartitionTableFormat
{
    /// <inheritdoc/>
    public override string Name => "tracks";

    /// <inheritdoc/>
    public override IEnumerable<Checking.Check> ChecksOf(BlockSource source, SectorSizes sectors) => [];

    /// <inheritdoc/>
    internal override PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn) =>
        disk is Disc disc && disc.Tracks is not [{ IsData: true }] ? new TrackTable(disc) : null;

    private sealed record TrackTable(Disc Disc) : PartitionTable(
        Disc,
        "tracks",
        string.Empty,
        [
            .. from track in Disc.Tracks
               select new Partition(track.Number, track.Start * SectorLayout.UserSize, LengthOf(track), track.TypeName) { Session = track.Session },
        ])
    {
        /// <inheritdoc/>
        public override bool IsRivalOfWhole => false;

        /// <inheritdoc/>
        public override long StartOfWhole => Disc.Sessions.Default;

        /// <inheritdoc/>
        public override BlockSource Open(VolumeEntry entry, OpenContext context) => Disc.OpenTrack(entry.Number);

        private static long LengthOf(DiscTrack track) => track.Count * (track.IsData ? SectorLayout.UserSize : SectorLayout.RawSize);
    }
}
