using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.CompactDisc;

/// <summary>A file system on a disc with films, which are no data of it: they are shown as <see cref="FilmFile"/> makes them; all else is its own.</summary>
/// <param name="inner">The file system.</param>
/// <param name="disc">The disc.</param>
internal sealed class FilmFileSystem(FileSystem inner, Disc disc) : ForwardingFileSystem(inner)
{
    private const int StatBlock = 512;

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        NodeAttributes attributes = base.GetAttributes(node);
        if (attributes.Type != NodeType.Regular || TryOpenFilm(node) is not { } film)
        {
            return attributes;
        }

        return attributes with { Size = film.Length, Blocks = (film.Length + StatBlock - 1) / StatBlock };
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        BlockSource file = base.OpenFile(node);
        return FindFilm(file) ?? file;
    }

    /// <summary>The file system itself, or this one around it where there may be films.</summary>
    internal static FileSystem Apply(FileSystem fileSystem, BlockSource source) =>
        Disc.Find(source) is { MayHaveFilms: true } disc ? new FilmFileSystem(fileSystem, disc) : fileSystem;

    // What cannot be read says so when it is opened; its attributes are told nevertheless.
    private BlockSource? TryOpenFilm(NodeId node)
    {
        try
        {
            return FindFilm(base.OpenFile(node));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }

    /// <summary>The film that a file is, if it lies on the disc in one piece.</summary>
    private BlockSource? FindFilm(BlockSource file)
    {
        BlockSource source = file;
        long address = 0;
        while (!ReferenceEquals(source, disc))
        {
            if (address > source.Length - file.Length || file.Length == 0)
            {
                return null;
            }

            Extent extent = source.Map(address, file.Length, out BlockSource below);
            if (extent.Kind != ExtentKind.Mapped || extent.Length < file.Length || ReferenceEquals(below, source))
            {
                return null;
            }

            address = extent.Address;
            source = below;
        }

        return disc.FindFilm(address, file.Length) is { } film ? FilmFile.Open(film) : null;
    }
}
