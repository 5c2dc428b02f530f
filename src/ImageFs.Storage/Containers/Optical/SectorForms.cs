namespace ImageFs.Storage.Containers.Optical;

/// <summary>Which sectors of mode 2 are data of a file system, by their subheaders: each is looked at once, when it is first wanted.</summary>
/// <param name="sectors">Sectors of the disc.</param>
internal sealed class SectorForms(long sectors)
{
    // Nine times what a CD has: where there are more, the rest are looked at each time.
    private const long MaxRemembered = 1 << 22;

    private const int BitsShift = 6;

    private readonly ulong[] _data = new ulong[(Math.Min(sectors, MaxRemembered) >> BitsShift) + 1];

    /// <summary>Whether a sector is of form 1.</summary>
    /// <param name="run">The sectors that it is one of; they have subheaders.</param>
    /// <param name="sector">Its number on the disc.</param>
    /// <exception cref="ImageException">The file ends in front of it.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal bool IsData(in SectorRun run, long sector)
    {
        long word = sector >> BitsShift;
        ulong bit = 1UL << (int)sector;
        if (word < _data.Length && (Volatile.Read(ref _data[word]) & bit) != 0)
        {
            return true;
        }

        Span<byte> subheader = stackalloc byte[Subheader.Length];
        run.File.ReadAt(run.AddressOf(sector, -Subheader.Length), subheader);
        if (new Subheader(subheader).IsForm2)
        {
            return false;
        }

        if (word < _data.Length)
        {
            Interlocked.Or(ref _data[word], bit);
        }

        return true;
    }
}
