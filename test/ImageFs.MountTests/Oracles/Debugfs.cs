using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>e2fsprogs' debugfs: it reads blocks that are larger than this machine's pages.</summary>
internal static class Debugfs
{
    public static TreeListing List(string image)
    {
        Need.Root();
        Need.Program("debugfs", "e2fsprogs");
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        Tool.Run("debugfs", "-R", $"rdump / {tree}", image).Succeeded();
        return Extracted.List(tree);
    }
}
