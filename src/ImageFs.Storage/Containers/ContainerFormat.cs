using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers;

/// <summary>A format that a disk can be kept in.</summary>
public abstract class ContainerFormat : Format
{
    /// <summary>Whether a file is of this format: by its magic number, or by its name where it has none.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public virtual bool Probe(ImageFile file) => HasMarks(file.Window);

    /// <summary>Whether it is an archive, of which one file counts by itself: a path that leads into it leads to all of them.</summary>
    public virtual bool IsArchive => false;

    /// <summary>Whether what it holds is a file of any kind, which may be of another format again: it is compressed, or in parts.</summary>
    public virtual bool HoldsFile => false;

    /// <summary>Whether files of all kinds are compressed in it, most of which are no images.</summary>
    public virtual bool IsCompression => false;

    /// <summary>The name of the file that one of this name holds: without the ending that the format gives.</summary>
    public virtual string HeldName(string name) =>
        FileExtensions.FirstOrDefault(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) is { } ending ? name[..^ending.Length] : name;

    /// <summary>Opens a file that <see cref="Probe"/> recognised.</summary>
    /// <param name="file">The file; those that it names are opened beside it.</param>
    /// <param name="context">What it is opened with; the format takes the options that it knows.</param>
    /// <exception cref="ImageException">The disk cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">A file that it names cannot be opened.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public abstract Container Open(ImageFile file, OpenContext context);
}
