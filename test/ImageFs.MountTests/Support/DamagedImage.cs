using ImageFs.MountTests.Oracles;

namespace ImageFs.MountTests.Support;

/// <summary>What the program says of an image of images/invalid.</summary>
internal static class DamagedImage
{
    private const int MountFailure = 32;

    /// <summary>That it cannot be mounted: what is said of it.</summary>
    /// <param name="name">The image, as <see cref="TestImages"/> has it below "invalid".</param>
    /// <param name="image">Its file.</param>
    public static string Refusal(string name, out string image)
    {
        image = TestImages.Get($"invalid/{name}");
        (ToolResult said, bool mounted) = ImageMount.TryMount(image);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure), said.Error);
        return said.Error;
    }

    /// <summary>All that there is of its mount.</summary>
    /// <param name="name">The image.</param>
    /// <param name="log">What the server wrote meanwhile.</param>
    public static TreeListing List(string name, out string log)
    {
        using var mount = ImageMount.MountInForeground(TestImages.Get($"invalid/{name}"));
        TreeListing listing = mount.List();
        mount.Unmount().Succeeded();
        log = mount.Server!.StandardError.ReadToEnd();
        return listing;
    }
}
