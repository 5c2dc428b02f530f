using System.Text;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Desktop;

/// <summary>
/// Where images are mounted that somebody opens at a desktop: on folders in <see cref="RuntimeFolder"/>, which a file manager shows
/// by their names. A folder has that of the volume, or of the image.
/// </summary>
internal static class DesktopFolder
{
    // Of a name, in bytes; the longest that a file may have is 255, and a number is put behind it.
    private const int MaxNameLength = 200;
    private const int PatienceInMilliseconds = 60_000;
    private const int PauseInMilliseconds = 20;

    /// <summary>Waits until nobody else opens an image: who clicks twice too often does at once.</summary>
    /// <returns>What keeps others waiting; null when they take too long, or there is no folder yet.</returns>
    internal static IDisposable? TakeTurn()
    {
        for (long until = Environment.TickCount64 + PatienceInMilliseconds; Environment.TickCount64 < until; Thread.Sleep(PauseInMilliseconds))
        {
            try
            {
                return new FileStream(Path.Combine(RuntimeFolder.Session, "imagefs.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException)
            {
                return null;
            }
            catch (IOException)
            {
                // Another has it.
            }
        }

        return null;
    }

    /// <summary>Where an image was opened before, and still is; null when it was not.</summary>
    /// <param name="image">The image, as given.</param>
    internal static string? Find(string image)
    {
        string top = RuntimeFolder.Resolve();
        return MountedImage.Of(image).Select(mount => mount.Directory).LastOrDefault(directory => Path.GetDirectoryName(directory) == top);
    }

    /// <summary>The name that people know an image by: the label of the one volume in it, else its own name.</summary>
    /// <param name="image">The image, as given.</param>
    /// <param name="options">The mount options; those that choose a volume count.</param>
    internal static string NameOf(string image, string options) =>
        FindLabel(image, options) is { Length: > 0 } label ? label : ToName(Path.GetFileName(ImageLocation.ToPublic(image)));

    /// <summary>Takes a folder to mount on, which goes with the mount.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="LinuxException">There is none, and none can be made.</exception>
    internal static ClaimedFolder Take(string name)
    {
        string top = RuntimeFolder.Make();
        return NumberedFolder.TryTake(top, name, out Errno errno) ?? throw new LinuxException("mkdir", errno, Path.Combine(top, name));
    }

    // What cannot be read has no label; why not is told by the mount.
    private static string? FindLabel(string image, string options)
    {
        if (PipedImage.FindDescriptor(image) is not null)
        {
            return null;
        }

        try
        {
            var list = OptionList.Parse(options);
            SessionOptions.Drop(list);
            using ImageStack stack = ImageStack.Open([image], new OpenContext(list, static _ => { }));
            var choice = VolumeChoice.Take(stack.Context);
            return stack.OpenDisk(choice).SelectUsable(choice).Volumes is [var only] ? ToName(only.Label.Trim()) : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException or OptionException or FuseMountException)
        {
            return null;
        }
    }

    // An image may hold anything: what a path has a meaning for, what is not shown, and what hides a file are written as underscores.
    private static string ToName(string text)
    {
        var name = new StringBuilder();
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            Rune shown = rune.Value == '/' || !PrintableText.IsPrintable(rune) || (length == 0 && rune.Value == '.') ? new Rune('_') : rune;
            length += shown.Utf8SequenceLength;
            if (length > MaxNameLength)
            {
                break;
            }

            name.Append(shown);
        }

        return name.Length > 0 ? name.ToString() : string.Empty;
    }
}
