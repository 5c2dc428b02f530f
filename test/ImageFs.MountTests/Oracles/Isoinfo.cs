using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>The oldest reader, isoinfo: names, and the facts of the volume descriptor.</summary>
internal static class Isoinfo
{
    /// <summary>Every path: of Rock Ridge with "-R", of Joliet with "-J".</summary>
    public static IEnumerable<string> Paths(string image, params string[] names)
    {
        Need.Program("isoinfo", "genisoimage");
        return Tool.Run("isoinfo", [.. names, "-f", "-i", image]).Succeeded().Text
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.StartsWith('/'));
    }

    /// <summary>The volume descriptor's fields by their names, such as "Volume id".</summary>
    public static IReadOnlyDictionary<string, string> Describe(string image)
    {
        Need.Program("isoinfo", "genisoimage");
        return Tool.Run("isoinfo", "-d", "-i", image).Succeeded().Text.Split('\n')
            .Select(line => line.Split(": ", 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1].Trim());
    }
}
