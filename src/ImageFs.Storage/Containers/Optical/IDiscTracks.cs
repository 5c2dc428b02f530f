namespace ImageFs.Storage.Containers.Optical;

/// <summary>
/// The tracks of a disc, sound among them, which is in none of its data. A part of the data has no tracks: what begins elsewhere has other
/// addresses, and what ends before has not all of them.
/// </summary>
public interface IDiscTracks : ICapability
{
    /// <summary>The tracks, in the order of the disc; at least one.</summary>
    IReadOnlyList<DiscTrack> Tracks { get; }

    /// <summary>Whether the user wants the audio tracks as files (<c>-o audio</c>).</summary>
    bool ShowsAudio { get; }

    /// <summary>A track as a volume: its samples; or its data, where a file system has the addresses of the whole disc.</summary>
    /// <param name="number">The track's number.</param>
    /// <exception cref="InvalidOperationException">There is none of that number.</exception>
    BlockSource OpenTrack(int number);

    /// <summary>The samples of an audio track: 16 bits, low byte first, left and right by turns, at 44.1 kHz.</summary>
    BlockSource OpenSamples(DiscTrack track);

    /// <summary>
    /// What of the tracks is in files, each byte of them once, however many sectors are said to be there: where it is read from, as data or
    /// as sound, and its bytes there. In the order of the files.
    /// </summary>
    IEnumerable<(BlockSource Source, long Start, long End)> FindReadable();
}

/// <summary>Files of a disc that are films, or sound between data: their sectors are of a form that is no data.</summary>
public interface IDiscFilms : ICapability
{
    /// <summary>
    /// The raw sectors of a file that is a film: it begins with a sector of form 2, or with one that is played and has such behind it. Null
    /// for a file that is data.
    /// </summary>
    /// <param name="address">Where the file begins in the source, in bytes as data are counted.</param>
    /// <param name="length">Bytes of the file, counted so too: it is in one piece.</param>
    /// <exception cref="ImageException">The image ends in front of it.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    FilmSource? FindFilm(long address, long length);
}

/// <summary>The films in a part of a disc.</summary>
/// <param name="films">Those of the disc.</param>
/// <param name="start">Where the part begins on the disc, in bytes as data are counted.</param>
internal sealed class FilmsOfPart(IDiscFilms films, long start) : IDiscFilms
{
    /// <inheritdoc/>
    public FilmSource? FindFilm(long address, long length) => films.FindFilm(checked(start + address), length);

    /// <inheritdoc/>
    public ICapability? OfPart(long partStart, long length) => new FilmsOfPart(films, checked(start + partStart));
}
