namespace ImageFs.Storage.Containers.Optical.Gdi;

/// <summary>A line of a GDI sheet.</summary>
/// <param name="Number">The track's number.</param>
/// <param name="Start">Its first sector; 45,000 and more are of the high-density area.</param>
/// <param name="Control">Bit 2 is set for data.</param>
/// <param name="SectorSize">Bytes in a sector.</param>
/// <param name="File">The file's name.</param>
/// <param name="Offset">Where the first sector begins in it, in bytes.</param>
internal sealed record GdiTrack(int Number, long Start, int Control, int SectorSize, string File, long Offset)
{
    // What the control field says of data, as in a table of contents.
    private const int DataTrack = 4;

    internal bool IsData => (Control & DataTrack) != 0;
}
