using ImageFs.Linux;

namespace ImageFs.Storage.Containers;

/// <summary>
/// The owner of an image may put any name into it, but must not gain the rights of whoever mounts it: a file that an image names is opened
/// only where the image's owner may read it, too; and the owner of every image on the way to it.
/// </summary>
internal static class OwnerRule
{
    private const uint Root = 0;
    private const uint Read = 4;
    private const uint Search = 1;

    /// <summary>Looks for an image on the way whose owner may not read the file that is named.</summary>
    /// <param name="opener">The image that names it.</param>
    /// <param name="folder">The folder of that image.</param>
    /// <param name="path">The file's path from there.</param>
    /// <param name="place">The file, as it was found (O_PATH).</param>
    /// <param name="status">What it is.</param>
    /// <returns>Null where all may.</returns>
    internal static ImageFile? FindStranger(ImageFile opener, FileDescriptor folder, string path, FileDescriptor place, in FileStatus status)
    {
        uint self = Processes.EffectiveUser;
        foreach (ImageFile image in opener.Openers.DistinctBy(image => image.Owner))
        {
            if (image.Owner is { } owner && owner != Root && owner != self && !MayRead(UserRights.Of(owner), folder, path, place, status))
            {
                return image;
            }
        }

        return null;
    }

    /// <summary>
    /// The image on the way whose owner this process has become since it was started (in a sandbox): what it may not read then, who started it
    /// might have been able to. Null where there is none.
    /// </summary>
    /// <param name="opener">The image that names a file.</param>
    internal static ImageFile? FindOwnerBecome(ImageFile opener)
    {
        uint self = Processes.EffectiveUser;
        return self == Processes.StartedBy ? null : opener.Openers.FirstOrDefault(image => image.Owner == self);
    }

    private static bool MayRead(UserRights owner, FileDescriptor folder, string path, FileDescriptor place, FileStatus status)
    {
        bool mayRead = false;
        bool isAnswered = owner.TryRun(() =>
        {
            using FileDescriptor? found = Files.TryOpenBeneath(folder, path, OpenFlags.Path, out _);
            mayRead = found is not null && IsSame(found, status) && CanOpen(place);
        });
        return isAnswered ? mayRead : HasModes(owner, folder, place, in status);
    }

    private static bool IsSame(FileDescriptor found, in FileStatus status)
    {
        try
        {
            return Files.Status(found).IsSameAs(in status);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static bool CanOpen(FileDescriptor place)
    {
        using FileDescriptor? file = Files.TryReopen(place, OpenFlags.ReadOnly | OpenFlags.NonBlocking, out _);
        return file is not null;
    }

    // Without the privilege to ask the kernel: by the modes; what they do not show is refused.
    private static bool HasModes(UserRights owner, FileDescriptor folder, FileDescriptor place, in FileStatus status)
    {
        if (!owner.Has(in status, Read) || Files.HasAccessList(place) || PathOf(folder) is not { } top || PathOf(place) is not { } file)
        {
            return false;
        }

        for (string? directory = Path.GetDirectoryName(file); directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (!CanSearch(owner, directory))
            {
                return false;
            }

            if (directory == top)
            {
                return true;
            }
        }

        return false;
    }

    private static string? PathOf(FileDescriptor file) => new FileInfo($"/proc/self/fd/{file.Number}").LinkTarget;

    private static bool CanSearch(UserRights owner, string directory)
    {
        try
        {
            using FileDescriptor place = Files.Open(directory, OpenFlags.Path);
            return owner.Has(Files.Status(place), Search) && !Files.HasAccessList(place);
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
