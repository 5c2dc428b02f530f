namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// The sectors of a film, or of sound between data, as a drive reads them raw: 2352 bytes each, with sync, header and subheader. Where the
/// image has them without sync and header, these are made.
/// </summary>
public sealed class FilmSource : PiecedSource
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
    protected override bool MayJoin => false;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long sector = _start + Math.DivRem(offset, SectorLayout.RawSize, out long within);
        if (within < _made)
        {
            return Piece.Own(_made - within);
        }

        long left = _run.Layout.Size == SectorLayout.RawSize ? Length - offset : SectorLayout.RawSize - within;
        return Piece.Mapped(_run.File, _run.AddressOf(sector, (int)within - SectorLayout.RawDataStart), left);
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
