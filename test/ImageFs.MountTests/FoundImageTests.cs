using ImageFs.Fuzz.Running;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>The images that fuzzing found a mistake with, by the whole program: it says what is wrong, and goes on.</summary>
internal sealed class FoundImageTests
{
    private const int Limit = Limits.Test;
    private const int Sound = 0;
    private const int Damaged = 1;
    private const int Unreadable = 2;
    private const int MountFailure = 32;

    [TestCaseSource(typeof(FoundImages), nameof(FoundImages.Formats))]
    [CancelAfter(Limit)]
    public void What_a_mistake_was_found_with_is_mounted_or_refused_with_a_reason(string format)
    {
        using var folder = new TestFolder();
        foreach ((string mistake, string image, string options) in FoundImages.Write(format, folder.Path))
        {
            (ToolResult said, bool mounted) = ImageMount.TryMount(image, options);
            if (!mounted)
            {
                Assert.That(said.ExitCode, Is.EqualTo(MountFailure), mistake);
                Assert.That(said.Error, Does.StartWith($"imagefs: {image}: "), mistake);
                continue;
            }

            using var mount = ImageMount.MountInForeground(image, options);
            Assert.That(mount.List().Contains("/"), mistake);
            Assert.That(mount.Unmount().ExitCode, Is.Zero, mistake);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited), mistake);
            Assert.That(mount.Server!.ExitCode, Is.Zero, mistake);
        }
    }

    [TestCaseSource(typeof(FoundImages), nameof(FoundImages.Formats))]
    [CancelAfter(Limit)]
    public void What_a_mistake_was_found_with_is_verified_to_its_end(string format)
    {
        using var folder = new TestFolder();
        foreach ((string mistake, string image, string options) in FoundImages.Write(format, folder.Path))
        {
            ToolResult said = ImageFsProgram.Run(["verify", image, .. options.Length > 0 ? ["-o", options] : Array.Empty<string>()]);
            Assert.That(said.ExitCode, Is.AnyOf(Sound, Damaged, Unreadable), $"{mistake}: {said.Error}");
            Assert.That(said.ExitCode == Sound || (said.Text + said.Error).Contains(Path.GetFileName(image), StringComparison.Ordinal), mistake);
        }
    }
}
