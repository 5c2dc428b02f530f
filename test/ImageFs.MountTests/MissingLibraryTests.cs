using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>On a machine without OpenSSL, what needs it is refused by the library's name, and all else works.</summary>
internal sealed class MissingLibraryTests
{
    private const int MountFailure = 32;

    [TestCase("sums", "sample")]
    [TestCase("ls", "btrfs/sha256")]
    [TestCase("manifest", "sample", "-O", "-", "--digest")]
    public void What_needs_it_is_refused_by_its_name(string verb, string image, params string[] words)
    {
        using var folder = new TestFolder();
        ToolResult said = WithoutOpenSsl.Run([verb, TestImages.Get(image), .. words.Select(word => word == "-" ? folder["manifest"] : word)]);
        Assert.That(said.Error, Does.Contain("libssl.so.3").And.Contain("libssl3").And.Not.Contain("No usable version"));
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty, "nothing half is left");
    }

    [Test]
    public void A_manifest_needs_it_not()
    {
        using var folder = new TestFolder();
        WithoutOpenSsl.Run("manifest", TestImages.Get("sample"), "-O", folder["without"]).Succeeded();
        ImageFsProgram.Run("manifest", TestImages.Get("sample"), "-O", folder["with"]).Succeeded();
        Assert.That(File.ReadAllBytes(folder["without"]), Is.EqualTo(File.ReadAllBytes(folder["with"])));
    }

    [Test]
    public void Doctor_tells_what_cannot_be_read()
    {
        ToolResult said = WithoutOpenSsl.Run("doctor");
        Assert.That(said.Text, Does.Contain("libssl.so.3").And.Contain("SHA-256"));
        Assert.That(said.Error, Does.Not.Contain("No usable version"));
    }
}
