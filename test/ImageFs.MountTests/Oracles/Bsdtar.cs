using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>libarchive by bsdtar: a reader that shares no code with the others.</summary>
internal static class Bsdtar
{
    public static TreeListing List(string image)
    {
        Need.Program("bsdtar", "libarchive-tools");
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        Tool.Run("bsdtar", "-C", tree, "-xpf", image).Succeeded();
        return Extracted.List(tree);
    }
}
