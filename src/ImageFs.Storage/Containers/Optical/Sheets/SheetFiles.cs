using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Optical.Sheets;

/// <summary>
/// Opens the files that a sheet names. Sheets are written on systems where the case of a name does not count and a backslash parts its
/// folders, and the files are renamed afterwards: so what is not there by the name given is looked for by others that are likely.
/// </summary>
internal static class SheetFiles
{
    /// <summary>Opens a file.</summary>
    /// <param name="sheet">The sheet.</param>
    /// <param name="name">The name that it has there.</param>
    /// <param name="isOnly">Whether the sheet names no other: then a file of the sheet's own name may be meant.</param>
    /// <exception cref="ForbiddenFileException">It lies where this sheet's files may not.</exception>
    /// <exception cref="LinuxException">It cannot be opened, or is not there.</exception>
    internal static ImageFile Open(ImageFile sheet, string name, bool isOnly)
    {
        string path = sheet.Folder.Contains(name) ? name : ToPath(name);
        try
        {
            return sheet.OpenBeside(path, "data file");
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            string? other = Others(sheet, path, isOnly).FirstOrDefault(sheet.Folder.Contains);
            if (other is null)
            {
                throw;
            }

            return sheet.OpenBeside(other, "data file");
        }
    }

    /// <summary>A file beside the sheet that has its name, with another ending; null when there is none.</summary>
    internal static ImageFile? TryOpenNamesake(ImageFile sheet, string ending) =>
        Cases(Path.ChangeExtension(Path.GetFileName(sheet.Name), ending)).FirstOrDefault(sheet.Folder.Contains) is { } name
            ? sheet.OpenBeside(name, "data file")
            : null;

    // What stood on a drive of another system is looked for beside the sheet.
    private static string ToPath(string name)
    {
        string path = name.Replace('\\', '/');
        return path.Length > 1 && path[1] == ':' || name.StartsWith('\\') ? path[(path.LastIndexOf('/') + 1)..] : path;
    }

    private static IEnumerable<string> Others(ImageFile sheet, string path, bool isOnly)
    {
        string name = Path.GetFileName(path);
        IEnumerable<string> others = Cases(name);
        return isOnly ? others.Concat(Cases(Path.ChangeExtension(Path.GetFileName(sheet.Name), Path.GetExtension(name)))) : others;
    }

    private static IEnumerable<string> Cases(string name)
    {
        string start = Path.GetFileNameWithoutExtension(name);
        string ending = Path.GetExtension(name);
        return [name, start + ending.ToLowerInvariant(), start + ending.ToUpperInvariant(), name.ToLowerInvariant(), name.ToUpperInvariant()];
    }
}
