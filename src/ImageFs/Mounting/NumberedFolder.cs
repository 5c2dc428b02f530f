using System.Globalization;
using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>Folders to mount on, by a name that others may have: the next gets a number.</summary>
internal static class NumberedFolder
{
    private const int MaxTaken = 1000;

    /// <summary>Takes a folder of a name, or of the first of <c>name-2</c>, <c>name-3</c> that can be had.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">The name.</param>
    /// <param name="errno">Why there is none.</param>
    /// <returns>Null where none can be had.</returns>
    internal static ClaimedFolder? TryTake(string parent, string name, out Errno errno)
    {
        errno = Errno.EEXIST;
        ClaimedFolder? folder = null;
        for (int number = 1; folder is null && errno == Errno.EEXIST && number <= MaxTaken; number++)
        {
            string numbered = number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            folder = ClaimedFolder.TryTake(Path.Combine(parent, numbered), out errno);
        }

        return folder;
    }
}
