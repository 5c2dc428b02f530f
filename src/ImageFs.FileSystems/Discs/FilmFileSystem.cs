using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Discs;

/// <summary>A file system on a disc with films, which are no data of it: they are shown as <see cref="FilmFile"/> makes them; all else is its own.</summary>
/// <param name="inner">The file system.</param>
/// <param name="volume">What the file system was opened on.</param>
/// <param name="films">The films on it.</param>
internal sealed class FilmFileSystem(FileSystem inner, BlockSource volume, IDiscFilms films) : ForwardingFileSystem(inner)
{
    private const int StatBlock = 512;

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        BlockSource file = base.OpenFile(node);
        return FindFilm(file) ?? file;
    }

    /// <summary>The file system itself, or this one around it where there may be films.</summary>
    internal static FileSystem Apply(FileSystem fileSystem, BlockSource source) =>
        source.Find<IDiscFilms>() is { } films ? new FilmFileSystem(fileSystem, source, films) : fileSystem;

    /// <inheritdoc/>
    protected override NodeAttributes Show(NodeId node, in NodeAttributes attributes) =>
        attributes.Type != NodeType.Regular || TryOpenFilm(node) is not { } film
            ? attributes
            : attributes with { Size = film.Length, Blocks = (film.Length + StatBlock - 1) / StatBlock };

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
        while (!ReferenceEquals(source, volume))
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

        return films.FindFilm(address, file.Length) is { } film ? FilmFile.Open(film) : null;
    }
}

/// <summary>A film as Windows and macOS show it: raw sectors after a RIFF header of the form CDXA.</summary>
internal static class FilmFile
{
    private const int HeaderLength = 44;
    private const int FormatLength = 16;

    // What a directory record says of a film (CD-ROM XA): anybody may read and execute it; it is of form 2, or of both by turns.
    private const ushort FilmAttributes = 0x1555;
    private const ushort InterleavedAttributes = 0x3D55;

    // Bytes of the file that the length of its RIFF chunk does not count.
    private const int Uncounted = 8;

    /// <summary>The file.</summary>
    internal static BlockSource Open(FilmSource film) => new ConcatenatedSource([new MemorySource(MakeHeader(film)), film]);

    private static byte[] MakeHeader(FilmSource film)
    {
        // No disc is so long; who believes its header plays the rest of a file that claims to be not.
        uint counted = (uint)Math.Min(film.Length, uint.MaxValue - HeaderLength);
        byte[] header = new byte[HeaderLength];
        Span<byte> bytes = header;
        "RIFF"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], counted + HeaderLength - Uncounted);
        "CDXAfmt "u8.CopyTo(bytes[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], FormatLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[24..], film.IsInterleaved ? InterleavedAttributes : FilmAttributes);
        "XA"u8.CopyTo(bytes[26..]);
        bytes[28] = film.FileNumber;
        "data"u8.CopyTo(bytes[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], counted);
        return header;
    }
}
