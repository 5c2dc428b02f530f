using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>util-linux's blkid: format, label and UUID of a file system.</summary>
internal static class Blkid
{
    /// <summary>One of its values of a whole image, such as "LABEL"; empty when it has none.</summary>
    public static string Value(string image, string key) => Probe(image, "-s", key).GetValueOrDefault(key, string.Empty);

    /// <summary>All of its values of a part of an image, in bytes.</summary>
    public static Dictionary<string, string> OfPart(string image, long offset, long size) => Probe(image, "-O", $"{offset}", "-S", $"{size}");

    private static Dictionary<string, string> Probe(string image, params string[] options)
    {
        Need.Program("blkid", "util-linux");
        ToolResult told = Tool.Run("blkid", ["-p", "-o", "full", .. options, image]);
        const int NothingFound = 2;
        Assert.That(told.ExitCode, Is.Zero.Or.EqualTo(NothingFound), told.Error);

        // IMAGE: LABEL="a label" UUID="..."
        return System.Text.RegularExpressions.Regex.Matches(told.Text, "(?<key>[A-Z_]+)=\"(?<value>[^\"]*)\"")
            .ToDictionary(match => match.Groups["key"].Value, match => match.Groups["value"].Value);
    }
}
