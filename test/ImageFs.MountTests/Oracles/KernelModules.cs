namespace ImageFs.MountTests.Oracles;

/// <summary>The modules of the user-mode-linux kernel.</summary>
internal static class KernelModules
{
    private const string Root = "/usr/lib/uml/modules";

    /// <summary>The files of modules and of all they need, in the order to insert them. Those built into the kernel are passed over.</summary>
    public static IReadOnlyList<string> InOrder(params IEnumerable<string> names)
    {
        string folder = Directory.GetDirectories(Root).Order(StringComparer.Ordinal).Last();
        Dictionary<string, string[]> needs = File.ReadLines(Path.Combine(folder, "modules.dep"))
            .Select(line => line.Split(':', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var order = new List<string>();
        foreach (string name in names)
        {
            foreach ((string file, string[] needed) in needs.Where(pair => Path.GetFileNameWithoutExtension(pair.Key) == name))
            {
                // modules.dep names the nearest first; insert the farthest first.
                order.AddRange(needed.Reverse().Append(file));
            }
        }

        return [.. order.Distinct().Select(file => Path.Combine(folder, file))];
    }
}
