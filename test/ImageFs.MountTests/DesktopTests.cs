using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What a double click does.</summary>
internal sealed class DesktopTests
{
    private static readonly string s_folder = Path.Combine(TestImages.Sources, "packaging/desktop");
    private static readonly string s_open = Path.Combine(s_folder, "imagefs-open");

    [Test]
    public void The_desktop_file_is_valid()
    {
        Need.Program("desktop-file-validate", "desktop-file-utils");
        ToolResult said = Tool.Run("desktop-file-validate", Path.Combine(s_folder, "io.github.imagefs.ImageFs.desktop")).Succeeded();
        Assert.That(said.Text + said.Error, Is.Empty);
    }

    [Test]
    public void The_metainfo_is_valid()
    {
        Need.Program("appstreamcli", "appstream");
        ToolResult said = Tool.Run("appstreamcli", "validate", "--no-net", Path.Combine(s_folder, "io.github.imagefs.ImageFs.metainfo.xml"));
        Assert.That(said.ExitCode, Is.Zero, said.Text);
    }

    [Test]
    public void An_image_is_mounted_opened_once_and_unmounted()
    {
        using var folder = new TestFolder();
        File.Copy(TestImages.Get("sample"), folder["my disk.iso"]);
        File.WriteAllText(folder["xdg-open"], "#!/bin/sh\nprintf '%s\\n' \"$1\"\n");
        File.SetUnixFileMode(folder["xdg-open"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string mounted = string.Empty;
        try
        {
            mounted = Open(folder, folder["my disk.iso"]).Succeeded().Text.TrimEnd('\n');
            Assert.That(mounted, Does.StartWith(folder["imagefs/my disk.iso-"]));
            Assert.That(Tool.Run("cat", Path.Combine(mounted, "README.txt")).Succeeded().Text, Does.StartWith("This is a sample image"));
            Assert.That(Open(folder, folder["my disk.iso"]).Succeeded().Text.TrimEnd('\n'), Is.EqualTo(mounted));
            Open(folder, "--unmount", folder["my disk.iso"]).Succeeded();
            Assert.That(Directory.GetFileSystemEntries(folder["imagefs"]), Is.Empty);
        }
        finally
        {
            if (mounted.Length > 0 && MountTable.IsAnythingUnder(folder.Path))
            {
                Tool.CleanUp("umount", "-l", mounted);
            }
        }
    }

    [Test]
    public void What_is_no_image_is_told_and_leaves_no_folder()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["text"], "no image");
        ToolResult said = Open(folder, folder["text"]);
        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.StartWith("imagefs-open: "));
        Assert.That(Directory.GetFileSystemEntries(folder["imagefs"]), Is.Empty);
    }

    // A server in the background must not keep the test's pipes: what it says goes through a file.
    private static ToolResult Open(TestFolder folder, params string[] arguments)
    {
        ProcessStartInfo start = Tool.Start("sh", ["-c", "\"$@\" >\"$0.out\" 2>\"$0.err\"; status=$?; cat \"$0.out\"; cat \"$0.err\" >&2; exit $status", folder["said"], s_open, .. arguments]);
        start.Environment["XDG_RUNTIME_DIR"] = folder.Path;
        start.Environment["PATH"] = $"{folder.Path}:{Path.GetDirectoryName(ImageFsProgram.Path)}:{Environment.GetEnvironmentVariable("PATH")}";
        return Tool.Run(start, Limits.Tool);
    }
}
