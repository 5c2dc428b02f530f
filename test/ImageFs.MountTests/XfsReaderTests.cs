using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>XFS against GRUB, which reads it without Linux.</summary>
internal sealed class XfsReaderTests
{
    private const int Limit = Limits.Test;

    [TestCase("xfs/small")]
    [TestCase("xfs/v4")]
    [CancelAfter(Limit)]
    public void Every_file_is_what_GRUB_reads(string name)
    {
        Need.Program("grub-fstest", "grub-common");
        string image = TestImages.Get(name);
        using var mount = ImageMount.Mount(image);
        string[] files = [.. Directory.EnumerateFiles(mount.Directory, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device })
            .Where(path => new FileInfo(path) is { UnixFileMode: var mode, Length: > 0 } && mode != UnixFileMode.None && Path.GetFileName(path).All(char.IsAsciiLetterOrDigit))];
        Assert.That(files, Has.Length.GreaterThan(name.EndsWith("v4", StringComparison.Ordinal) ? 0 : 15));
        foreach (string path in files)
        {
            ToolResult said = Tool.Run("grub-fstest", image, "cmp", $"(loop0)/{Path.GetFileName(path)}", path);
            Assert.That((said.ExitCode, said.Text + said.Error), Is.EqualTo((0, string.Empty)), path);
        }

        string[] names = Tool.Run("grub-fstest", image, "ls", "(loop0)/").Succeeded().Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (string path in files)
        {
            Assert.That(names, Has.Member(Path.GetFileName(path)));
        }
    }
}
