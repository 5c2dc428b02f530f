using ImageFs.FileSystems.CompactDisc;
using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>A format that can be recognised and opened.</summary>
public abstract class FileSystemFormat
{
    /// <summary>Linux's name for it, as <c>-o fs=</c> takes it: "iso9660".</summary>
    public abstract string Name { get; }

    /// <summary>Whether a name that <c>-o fs=</c> gives is meant for this format.</summary>
    public virtual bool IsNamed(string name) => name == Name;

    /// <summary>Whether the source holds this format, by its magic numbers alone.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public abstract bool Probe(BlockSource source);

    /// <summary>Whether the options say where this format's volume begins in the source, other than at its start, and it is there.</summary>
    /// <exception cref="ImageException">The image ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    /// <exception cref="MountOptionException">An option's value is no good.</exception>
    public virtual bool ProbeAt(BlockSource source, MountOptions options) => false;

    /// <summary>
    /// Whether the source has this format's mark in a structure that is damaged: asked when nothing is recognised, so that opening it can
    /// say what is wrong.
    /// </summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public virtual bool Resembles(BlockSource source) => false;

    /// <summary>Opens a source that <see cref="Probe"/> recognised.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="options">Mount options; the format takes those that it knows, and of owners and permissions what it leaves is taken too.</param>
    /// <param name="warn">Hears of what is wrong but harmless.</param>
    /// <exception cref="ImageException">The file system as a whole cannot be read.</exception>
    /// <exception cref="MountOptionException">An option's value is no good.</exception>
    public FileSystem Open(BlockSource source, MountOptions options, Action<string> warn) =>
        Ownership.Apply(FilmFileSystem.Apply(OpenVolume(source, options, warn), source), options);

    /// <summary>As <see cref="Open"/>, with the options of this format.</summary>
    protected abstract FileSystem OpenVolume(BlockSource source, MountOptions options, Action<string> warn);
}
