using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Program;

/// <summary>Every shell script of the repository, by shellcheck.</summary>
internal sealed class ShellScriptTests
{
    private static IEnumerable<string> Scripts =>
        Tool.Run("find", TestImages.Sources, "(", "-name", "artifacts", "-o", "-name", "dist", "-o", "-name", ".git", ")", "-prune", "-o", "-type", "f", "-print").Succeeded().Text
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(path => Path.GetExtension(path) is ".sh" or ".bash" || IsScript(path))
            .Select(path => Path.GetRelativePath(TestImages.Sources, path))
            .Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Scripts))]
    public void A_script_is_as_shellcheck_wants_it(string script)
    {
        Need.Program("shellcheck", "shellcheck");
        ToolResult said = Tool.Run("shellcheck", "-S", "warning", "-x", "-P", "SCRIPTDIR", Path.Combine(TestImages.Sources, script));
        Assert.That(said.ExitCode, Is.Zero, said.Text);
    }

    // What starts a shell by its first line.
    private static bool IsScript(string path)
    {
        if (Path.HasExtension(path))
        {
            return false;
        }

        string line = File.ReadLines(path).FirstOrDefault() ?? string.Empty;
        return line.StartsWith("#!", StringComparison.Ordinal) && line.EndsWith("sh", StringComparison.Ordinal);
    }
}
