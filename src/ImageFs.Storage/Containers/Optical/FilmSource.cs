namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// The sectors of a film, or of sound between data, as a drive reads them raw: 2352 bytes each, with sync, header and subheader. Where the
/// image has them without sync and header, these are made.
/// </summary>
public sealed class FilmSource : BlockSource
{
    private readonly SectorRun _run;
    private readonly long _start;
    private readonly int _made;

    /// <param name="run">The sectors that they are among: raw, or without sync and header alone.</param>
    /// <param name="start">The first one's number on the disc.</param>
    /// <param name="count">How many; the run has them.</param>
    /// <param name="first">The subheader of the first.</param>
    internal FilmSource(in SectorRun run, long start, long count, Subheader first)
    {
        _run = run;
        _start = start;
        _made = SectorLayout.RawDataStart - run.Layout.DataStart;
        Length = count * SectorLayout.RawSize;
        FileNumber = first.FileNumber;
        IsInterleaved = !first.IsForm2;
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <summary>File Number, of the first subheader (CD-ROM XA).</summary>
    public byte FileNumber { get; }

    /// <summary>Whether sectors of form 1 are among them: the first is one.</summary>
    public bool IsInterleaved { get; }

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        long sector = _start + Math.DivRem(offset, SectorLayout.RawSize, out long within);
        if (within < _made)
        {
            below = this;
            return new Extent(offset, Math.Min(maxLength, _made - within), ExtentKind.Own, 0);
        }

        below = _run.File;
        long left = _run.Layout.Size == SectorLayout.RawSize ? Length - offset : SectorLayout.RawSize - within;
        return Extent.Mapped(offset, Math.Min(maxLength, left), _run.AddressOf(sector, (int)within - SectorLayout.RawDataStart));
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        long sector = _start + Math.DivRem(offset, SectorLayout.RawSize, out long within);
        Span<byte> header = stackalloc byte[SectorHeader.Length];
        SectorHeader.WriteMode2(header, sector);
        header.Slice((int)within, destination.Length).CopyTo(destination);
    }
}
