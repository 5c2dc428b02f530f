using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Optical.Sheets;

/// <summary>
/// Opens the files that a sheet names. Sheets are written on systems where the case of a name does not count, in their character sets, and a
/// backslash parts their folders; and the files are renamed afterwards: so what is not there by the name given is looked for by others that
/// are likely, in the folder's listing.
/// </summary>
/// <param name="sheet">The sheet.</param>
/// <param name="readings">What a name in it may be; null where it is nothing but itself.</param>
internal sealed class SheetFiles(ImageFile sheet, Func<string, IEnumerable<string>>? readings = null)
{
    private const string Role = "data file";

    // What the only file of a sheet is called where it has the sheet's name, and not the ending that the sheet says.
    private static readonly string[] s_endings = [".bin", ".img", ".iso", ".mdf", ".raw", string.Empty];

    private readonly Dictionary<string, string[]> _listings = [];

    /// <summary>Opens a file.</summary>
    /// <param name="name">The name that it has in the sheet.</param>
    /// <param name="isOnly">Whether the sheet names no other: then a file of the sheet's own name may be meant.</param>
    /// <exception cref="ForbiddenFileException">It lies where this sheet's files may not.</exception>
    /// <exception cref="LinuxException">It cannot be opened, or is not there.</exception>
    internal ImageFile Open(string name, bool isOnly)
    {
        string path = name.Length > 0 && sheet.Folder.Contains(name) ? name : ToPath(name);
        try
        {
            return sheet.OpenBeside(path, Role);
        }
        catch (Exception e) when (e is LinuxException { Errno: Errno.ENOENT or Errno.ENOTDIR or Errno.EINVAL } || (e is ForbiddenFileException && path.StartsWith('/')))
        {
            string? other = FindOther(name, isOnly);
            if (other is null)
            {
                throw;
            }

            return sheet.OpenBeside(other, Role);
        }
    }

    /// <summary>A file beside the sheet that has its name, with another ending; null when there is none.</summary>
    /// <param name="ending">The ending, with its dot.</param>
    internal ImageFile? TryOpenNamesake(string ending) =>
        FindInAnyCase(string.Empty, Path.GetFileNameWithoutExtension(sheet.Name) + ending) is { } name ? sheet.OpenBeside(name, Role) : null;

    // What stood on a drive of another system, or below its root, is looked for beside the sheet.
    private static string ToPath(string name)
    {
        string path = name.Replace('\\', '/');
        bool hasDrive = path.Length > 1 && path[1] == ':';
        return hasDrive || name.StartsWith('\\') ? path[(path.LastIndexOfAny(['/', ':']) + 1)..] : path;
    }

    private string? FindOther(string name, bool isOnly)
    {
        foreach (string reading in readings?.Invoke(name) ?? [name])
        {
            string path = ToPath(reading);
            if ((FindPath(path) ?? FindInAnyCase(string.Empty, Path.GetFileName(path))) is { } found)
            {
                return found;
            }
        }

        string stem = Path.GetFileNameWithoutExtension(sheet.Name);
        return isOnly
            ? s_endings.Prepend(Path.GetExtension(ToPath(name))).Select(ending => FindInAnyCase(string.Empty, stem + ending)).FirstOrDefault(found => found is not null)
            : null;
    }

    // Each of its folders in any case.
    private string? FindPath(string path)
    {
        string found = string.Empty;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (FindInAnyCase(found, part) is not { } name)
            {
                return null;
            }

            found = Path.Combine(found, name);
        }

        return found.Length == 0 ? null : found;
    }

    private string? FindInAnyCase(string folder, string name)
    {
        if (!_listings.TryGetValue(folder, out string[]? names))
        {
            // In an order of its own, so that of two names that differ in case the same one is taken wherever the folder lies.
            names = [.. sheet.Folder.List(folder).Order(StringComparer.Ordinal)];
            _listings[folder] = names;
        }

        string own = Path.GetFileName(sheet.Name);
        return Array.Find(names, other => other == name)
            ?? Array.Find(names, other => IsSame(other, name) && other != own)
            ?? Array.Find(names, other => other.Any(ByteText.IsByte) && SheetText.ReadingsOf(ByteText.ToBytes(other)).Any(reading => IsSame(reading, name)));
    }

    private static bool IsSame(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);
}
