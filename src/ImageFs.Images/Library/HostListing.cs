using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Images.Library;

/// <summary>What a folder of this machine has for a library: folders, and files that are images.</summary>
internal static class HostListing
{
    /// <summary>The folders and images in a folder, in no order.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="holdsImage">Whether a file is an image, though its name does not say so.</param>
    /// <exception cref="LinuxException">It cannot be listed.</exception>
    internal static IEnumerable<(string Name, FileStatus Status)> List(string folder, Func<string, bool> holdsImage)
    {
        return Paths.List(folder).Select(name => (Name: name, Status: Find(folder, name, holdsImage))).Where(entry => entry.Status is not null)
            .Select(entry => (entry.Name, entry.Status!.Value));
    }

    /// <summary>A folder or an image by its name; null when there is none, or it is neither.</summary>
    internal static FileStatus? Find(string folder, string name, Func<string, bool> holdsImage)
    {
        string path = Path.Combine(folder, name);
        try
        {
            FileStatus status = Files.Status(path);
            if (status.IsDirectory)
            {
                // A link to a folder above would make a tree without an end.
                return Paths.ReadLink(path) is null ? status : null;
            }

            // A name is taken at its word: a folder of thousands of images is listed without a look into any.
            return status.IsRegular && (ImageNames.IsImage(name) || holdsImage(path)) ? status : null;
        }
        catch (LinuxException)
        {
            // Gone, or a link to nowhere, or not for us.
            return null;
        }
    }

    /// <summary>Whether a file is an image, by a look into it here.</summary>
    internal static bool HoldsImage(string path) => IsImage(() => ImageStack.Open(path, new OpenContext()));

    /// <summary>Whether what is opened is an image; what cannot be opened is none.</summary>
    internal static bool IsImage(Func<ImageStack> open)
    {
        try
        {
            using ImageStack stack = open();
            return stack.OpenDisk(VolumeChoice.None).IsImage;
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException)
        {
            return false;
        }
    }
}
