namespace ImageFs.Storage.Containers;

/// <summary>A format that a disk can be kept in.</summary>
public abstract class ContainerFormat
{
    /// <summary>qemu's name for it where it has one: "qcow2", "vpc".</summary>
    public abstract string Name { get; }

    /// <summary>Whether a name that an image or a user gives is meant for this format.</summary>
    public virtual bool IsNamed(string name) => name == Name;

    /// <summary>Whether a file is of this format: by its magic number, or by its name where it has none.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public abstract bool Probe(ImageFile file);

    /// <summary>Opens a file that <see cref="Probe"/> recognised.</summary>
    /// <param name="file">The file; those that it names are opened beside it.</param>
    /// <param name="context">What it is opened with; the format takes the options that it knows.</param>
    /// <exception cref="ImageException">The disk cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">A file that it names cannot be opened.</exception>
    /// <exception cref="OptionException">An option's value is not valid.</exception>
    public abstract Container Open(ImageFile file, OpenContext context);
}
