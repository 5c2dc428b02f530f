using ImageFs.Storage.Volumes;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The tracks of a disc as volumes; of one with a single track, of data, the disc itself is the volume, which may have partitions of its own.</summary>
internal sealed class DiscTracks : PartitionTableFormat
{
    /// <inheritdoc/>
    public override string Name => "tracks";

    /// <inheritdoc/>
    public override string Title => "the tracks of a disc";

    /// <inheritdoc/>
    public override IEnumerable<Checking.Check> ChecksOf(BlockSource source, SectorSizes sectors) => [];

    /// <inheritdoc/>
    internal override PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn) =>
        disk.Find<IDiscTracks>() is { Tracks: not [{ IsData: true }] } tracks ? new TrackTable(disk, tracks) : null;

    private sealed record TrackTable(BlockSource Disk, IDiscTracks Tracks) : PartitionTable(
        Disk,
        "tracks",
        string.Empty,
        [
            .. from track in Tracks.Tracks
               select new Partition(track.Number, track.Start * SectorLayout.UserSize, LengthOf(track), track.TypeName) { Session = track.Session },
        ])
    {
        /// <inheritdoc/>
        public override bool IsRivalOfWhole => false;

        /// <inheritdoc/>
        public override long StartOfWhole => Disk.Find<SessionTable>()?.Default ?? 0;

        /// <inheritdoc/>
        public override BlockSource Open(VolumeEntry entry, OpenContext context) => Tracks.OpenTrack(entry.Number);

        private static long LengthOf(DiscTrack track) => track.Count * (track.IsData ? SectorLayout.UserSize : SectorLayout.RawSize);
    }
}
