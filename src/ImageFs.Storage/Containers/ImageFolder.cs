namespace ImageFs.Storage.Containers;

/// <summary>Where an image lies, and the files that it names are looked for. What an image names is untrusted.</summary>
public abstract class ImageFolder
{
    /// <summary>Opens a file that an image names.</summary>
    /// <param name="path">The path as the image has it, of this system's form.</param>
    /// <param name="role">What it is to the image, for messages: "backing file".</param>
    /// <param name="opener">The file that names it.</param>
    /// <exception cref="UnsupportedFeatureException">The path is one that an image may not name.</exception>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    public abstract ImageFile Open(string path, string role, ImageFile opener);

    /// <summary>Opens a file that the user names for an image, as they may open it themselves.</summary>
    /// <param name="path">The path: from this folder on, when it does not begin with a slash.</param>
    /// <param name="role">What it is to the image, for messages: "backing file".</param>
    /// <param name="opener">The image.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    public virtual ImageFile OpenNamed(string path, string role, ImageFile opener) => Open(path, role, opener);

    /// <summary>Whether there is a file of this name in the folder.</summary>
    /// <param name="name">A name without a slash.</param>
    public abstract bool Contains(string name);

    /// <summary>The names of what is in the folder, or in one below it; none where there is no such folder, or it cannot be read.</summary>
    /// <param name="path">The path of the one below; empty for the folder itself.</param>
    public virtual IEnumerable<string> List(string path) => [];
}
