using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>libisofs by xorriso: a reader of Rock Ridge, Joliet and plain names.</summary>
internal static class Xorriso
{
    /// <summary>The names to read, as its option -read_fs calls them.</summary>
    public static TreeListing List(string image, string names = "any")
    {
        Need.Program("xorriso", "xorriso");
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        string[] open = ["-no_rc", "-abort_on", "FATAL", "-read_fs", names, "-osirrox", "on:sort_lba_on:o_excl_off:device_files"];
        Tool.Run("xorriso", [.. open, "-indev", $"stdio:{image}", "-extract", "/", tree, "-rollback_end"]).Succeeded();
        return Extracted.List(tree);
    }

    /// <summary>What it says of an image, by a report command.</summary>
    public static string Report(string image, params string[] command) =>
        Tool.Run("xorriso", ["-no_rc", "-indev", $"stdio:{image}", .. command, "-rollback_end"]).Succeeded().Text;
}
