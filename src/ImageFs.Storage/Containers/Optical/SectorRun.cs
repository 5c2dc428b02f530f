namespace ImageFs.Storage.Containers.Optical;

/// <summary>Sectors of a disc that lie one after the other in a file.</summary>
/// <param name="Start">The first one's number on the disc.</param>
/// <param name="Count">How many.</param>
/// <param name="File">The file.</param>
/// <param name="Offset">Where the first begins in it.</param>
/// <param name="Layout">How they lie.</param>
/// <param name="IsAudio">Whether they are samples.</param>
/// <param name="IsSwapped">Whether the samples have their high byte first.</param>
internal readonly record struct SectorRun(
    long Start, long Count, BlockSource File, long Offset, SectorLayout Layout, bool IsAudio, bool IsSwapped)
{
    internal long End => Start + Count;

    /// <summary>Where a byte of a sector's user data is in the file.</summary>
    internal long AddressOf(long sector, int within) => Offset + ((sector - Start) * Layout.Size) + Layout.DataStart + within;

    /// <summary>How many of them are in the file, which may end before they do: those whose user data is whole.</summary>
    internal long Available
    {
        get
        {
            long beyond = File.Length - Offset - Layout.DataStart - Layout.DataLength;
            return beyond < 0 ? 0 : Math.Min(Count, (beyond / Layout.Size) + 1);
        }
    }

    /// <summary>The same without the first sectors.</summary>
    internal SectorRun Skip(long sectors) =>
        this with { Start = Start + sectors, Count = Count - sectors, Offset = Offset + (sectors * Layout.Size) };
}
