using ImageFs.Linux;

namespace ImageFs.Confinement;

/// <summary>Finds files outside of a folder of images that links in it lead to: they are shown, too.</summary>
internal static class FolderLinks
{
    /// <summary>Names that are looked at, at most: there is no mount until that is done.</summary>
    internal const int MaxNames = 10_000;

    /// <summary>Looks through a folder and the folders in it.</summary>
    /// <param name="folder">Its path.</param>
    /// <returns>The links; null where there are more names than are looked at.</returns>
    internal static IReadOnlyList<string>? TryFind(string folder)
    {
        string inside = $"{Paths.Resolve(folder) ?? folder}/";
        var links = new List<string>();
        var waiting = new Stack<string>([folder]);
        int count = 0;
        while (waiting.TryPop(out string? next))
        {
            foreach (string path in List(next))
            {
                if (++count > MaxNames)
                {
                    return null;
                }

                if (Paths.ReadLink(path) is null)
                {
                    if (Paths.IsFolder(path))
                    {
                        waiting.Push(path);
                    }
                }
                else if (Paths.IsFile(path) && Paths.Resolve(path)?.StartsWith(inside, StringComparison.Ordinal) != true)
                {
                    links.Add(path);
                }
            }
        }

        return links;
    }

    private static IEnumerable<string> List(string folder)
    {
        try
        {
            return Paths.List(folder).Select(name => Path.Combine(folder, name));
        }
        catch (LinuxException)
        {
            // Not for this user, nor is what is in it.
            return [];
        }
    }
}
