using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>The sectors of a volume that the log changes, kept in memory while it is replayed.</summary>
/// <param name="volume">The volume as it was left.</param>
internal sealed class PatchedSectors(BlockSource volume)
{
    /// <summary>Bytes in a sector: what the log counts in.</summary>
    public const int SectorSize = 512;

    /// <summary>The most memory that they take, in bytes.</summary>
    public const long MaxMemory = 256L << 20;

    private const int SectorsInStrip = 128;

    private readonly Dictionary<long, int> _places = [];
    private readonly List<byte[]> _strips = [];

    /// <summary>Sectors that were changed.</summary>
    public int Count => _places.Count;

    /// <summary>Whether a range lies on the volume.</summary>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">How many.</param>
    public bool IsOnVolume(long sector, long count) => sector >= 0 && count > 0 && sector <= (volume.Length / SectorSize) - count;

    /// <summary>Reads sectors as they are by now.</summary>
    /// <exception cref="ImageException">They cannot be read.</exception>
    public void Read(long sector, Span<byte> bytes)
    {
        volume.ReadAt(sector * SectorSize, bytes);
        for (int at = 0; at < bytes.Length; at += SectorSize)
        {
            if (_places.TryGetValue(sector + (at / SectorSize), out int place))
            {
                SectorAt(place).CopyTo(bytes[at..]);
            }
        }
    }

    /// <summary>Changes sectors.</summary>
    /// <exception cref="UnsupportedFeatureException">They are too many.</exception>
    public void Write(long sector, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += SectorSize)
        {
            long number = sector + (at / SectorSize);
            if (!_places.TryGetValue(number, out int place))
            {
                place = _places.Count;
                if (place % SectorsInStrip == 0)
                {
                    MakeRoom();
                }

                _places.Add(number, place);
            }

            bytes.Slice(at, SectorSize).CopyTo(SectorAt(place));
        }
    }

    /// <summary>The volume with the changes.</summary>
    public BlockSource ToSource()
    {
        long[] sectors = [.. _places.Keys];
        int[] places = [.. _places.Values];
        Array.Sort(sectors, places);
        return new PatchedSource(volume, sectors, places, _strips);
    }

    private void MakeRoom()
    {
        if ((long)(_strips.Count + 1) * SectorsInStrip * SectorSize > MaxMemory)
        {
            throw new UnsupportedFeatureException(
                $"a log that changes more than {ByteSize.Text(MaxMemory)} of metadata (-o norecovery leaves the log alone)", RecordHeader.Clause);
        }

        _strips.Add(new byte[SectorsInStrip * SectorSize]);
    }

    private Span<byte> SectorAt(int place) => SectorAt(_strips, place);

    private static Span<byte> SectorAt(List<byte[]> strips, int place) =>
        strips[place / SectorsInStrip].AsSpan(place % SectorsInStrip * SectorSize, SectorSize);

    private sealed class PatchedSource(BlockSource volume, long[] sectors, int[] places, List<byte[]> strips) : PiecedSource
    {
        public override long Length => volume.Length;

        public override long MapSize => sectors.Length * (long)SectorSize;

        protected override Piece Find(long offset)
        {
            (long sector, long inSector) = Math.DivRem(offset, SectorSize);
            int index = Array.BinarySearch(sectors, sector);
            if (index >= 0)
            {
                return Piece.Own(SectorSize - inSector);
            }

            long end = ~index < sectors.Length ? sectors[~index] * SectorSize : Length;
            return Piece.Mapped(volume, offset, end - offset);
        }

        protected override void ReadOwn(long offset, Span<byte> destination)
        {
            while (!destination.IsEmpty)
            {
                (long sector, long inSector) = Math.DivRem(offset, SectorSize);
                ReadOnlySpan<byte> own = SectorAt(strips, places[Array.BinarySearch(sectors, sector)])[(int)inSector..];
                own = own[..Math.Min(own.Length, destination.Length)];
                own.CopyTo(destination);
                destination = destination[own.Length..];
                offset += own.Length;
            }
        }
    }
}
