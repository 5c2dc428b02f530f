using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.FileSystems.CompactDisc;

/// <summary>A file system on a disc with films, which are no data of it: they are shown as <see cref="FilmFile"/> makes them; all else is its own.</summary>
/// <param name="inner">The file system.</param>
/// <param name="disc">The disc.</param>
internal sealed class FilmFileSystem(FileSystem inner, Disc disc) : FileSystem
{
    private const int StatBlock = 512;

    /// <inheritdoc/>
    public override string Format => inner.Format;

    /// <inheritdoc/>
    public override NodeId Root => inner.Root;

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => inner.Statistics;

    /// <inheritdoc/>
    public override bool HasBirthTimes => inner.HasBirthTimes;

    /// <inheritdoc/>
    public override bool HasExtendedAttributes => inner.HasExtendedAttributes;

    /// <inheritdoc/>
    public override bool MayChange => inner.MayChange;

    /// <inheritdoc/>
    public override SharedBytes SharedBytes => inner.SharedBytes;

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks => inner.Checks;

    /// <inheritdoc/>
    public override bool IsFixed(NodeId node) => inner.IsFixed(node);

    /// <inheritdoc/>
    public override void CheckExtent(long address, long length) => inner.CheckExtent(address, length);

    /// <inheritdoc/>
    public override ImageDescription Describe() => inner.Describe();

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        NodeAttributes attributes = inner.GetAttributes(node);
        if (attributes.Type != NodeType.Regular || TryOpenFilm(node) is not { } film)
        {
            return attributes;
        }

        return attributes with { Size = film.Length, Blocks = (film.Length + StatBlock - 1) / StatBlock };
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => inner.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => inner.ReadDirectory(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node) => inner.ReadLink(node);

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        BlockSource file = inner.OpenFile(node);
        return FindFilm(file) ?? file;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node) => inner.ListExtendedAttributes(node);

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name) => inner.GetExtendedAttribute(node, name);

    /// <summary>The file system itself, or this one around it where there may be films.</summary>
    internal static FileSystem Apply(FileSystem fileSystem, BlockSource source) =>
        Disc.Find(source) is { MayHaveFilms: true } disc ? new FilmFileSystem(fileSystem, disc) : fileSystem;

    // What cannot be read says so when it is opened; its attributes are told nevertheless.
    private BlockSource? TryOpenFilm(NodeId node)
    {
        try
        {
            return FindFilm(inner.OpenFile(node));
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
