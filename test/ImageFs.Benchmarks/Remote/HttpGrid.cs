using System.Globalization;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;

namespace ImageFs.Benchmarks.Remote;

/// <summary>A file of an image that nginx gives out on this machine, read through a mount; beside curl, which fetches as many bytes of the image.</summary>
/// <param name="settings">The program, and how many rounds.</param>
/// <param name="tools">What measuring takes.</param>
internal sealed class HttpGrid(Settings settings, Tools tools)
{
    private const string Limit = "110";

    private readonly RateTable _table = new(settings, $"{SourceTree.BigFileSize >> 20} MiB from nginx on this machine", SourceTree.BigFileSize);

    /// <inheritdoc cref="RateTable.Failures"/>
    public List<string> Failures => _table.Failures;

    /// <summary>Measures, and makes the table.</summary>
    public string Run()
    {
        string image = tools.Images.Get(TreeKind.Text, ImageFormat.Ext4);
        using var server = new NginxServer(tools.Folder, Path.GetDirectoryName(image)!);
        string address = server.Address + Path.GetFileName(image);
        return _table.Run(
            ("curl", time => Fetch(image, address, time)),
            ("imagefs", time => Mount(image, address, "cache=shared", time)),
            ("imagefs, cache=none", time => Mount(image, address, "cache=none", time)));
    }

    private void Fetch(string image, string address, Action<Action> time)
    {
        tools.PageCache.WarmUp(image);
        time(() => Command.Run("timeout", Limit, "curl", "-sf", "-o", "/dev/null", "-r", string.Create(CultureInfo.InvariantCulture, $"0-{SourceTree.BigFileSize - 1}"), address));
    }

    // The server has the image in memory, and nobody else any of it.
    private void Mount(string image, string address, string options, Action<Action> time)
    {
        PageCache.DropAll();
        tools.PageCache.WarmUp(image);
        string root = Directory.CreateDirectory(tools.MountPoint).FullName;
        Command.Run("timeout", Limit, settings.ImageFs, "mount", address, root, "-o", options);
        try
        {
            time(() => Command.Run("timeout", Limit, "dd", $"if={Path.Combine(root, ImageCatalog.BigFile)}", "of=/dev/null", "bs=1M"));
        }
        finally
        {
            Command.Try("timeout", "20", "umount", root);
        }
    }
}
