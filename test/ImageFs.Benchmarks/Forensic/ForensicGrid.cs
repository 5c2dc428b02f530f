using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Forensic;

/// <summary>
/// A file of an ext4 image that ewfacquire took, read through a mount; beside the kernel's driver on what ewfmount makes a file of. Chunks are stored
/// as they are, or compressed.
/// </summary>
/// <param name="settings">The program, and how many rounds.</param>
/// <param name="tools">What measuring takes.</param>
internal sealed class ForensicGrid(Settings settings, Tools tools)
{
    private const string Limit = "110";
    private const string Segment = ".E01";

    private static readonly string[] s_compressions = ["none", "fast"];

    /// <summary>What did not work, a line each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Measures, and makes the tables.</summary>
    public string Run() => string.Join(Environment.NewLine, s_compressions.Select(Compare));

    private string Compare(string compression)
    {
        string image = Acquire(compression);
        var table = new RateTable(settings, $"{SourceTree.BigFileSize >> 20} MiB of E01, compression: {compression}", SourceTree.BigFileSize);
        string text = table.Run(("ewfmount, loop, kernel", time => MountByKernel(image, time)), ("imagefs", time => Mount(image, time)));
        Failures.AddRange(table.Failures);
        return text;
    }

    // Of text, which can be compressed.
    private string Acquire(string compression)
    {
        string path = Path.Combine(tools.Folder, $"text.{compression}");
        if (!File.Exists(path + Segment))
        {
            string source = tools.Images.Get(TreeKind.Text, ImageFormat.Ext4);
            Command.RunLong("ewfacquire", "-u", "-q", "-f", "encase6", "-c", compression, "-S", "2000000000", "-t", $"{path}.new", source);
            File.Move($"{path}.new{Segment}", path + Segment);
        }

        return path + Segment;
    }

    private void MountByKernel(string image, Action<Action> time)
    {
        string folder = Directory.CreateDirectory(Path.Combine(tools.Folder, "ewf")).FullName;
        Command.Run("timeout", Limit, "ewfmount", image, folder);
        try
        {
            using var loop = new LoopDevice(Path.Combine(folder, "ewf1"));
            string root = Directory.CreateDirectory(tools.MountPoint).FullName;
            Command.Run("mount", "-t", "ext4", "-o", "ro,noload", loop.Path, root);
            Read(image, root, time);
        }
        finally
        {
            Command.Try("timeout", "20", "umount", folder);
        }
    }

    private void Mount(string image, Action<Action> time)
    {
        string root = Directory.CreateDirectory(tools.MountPoint).FullName;
        Command.Run("timeout", Limit, settings.ImageFs, "mount", image, root);
        Read(image, root, time);
    }

    private void Read(string image, string root, Action<Action> time)
    {
        try
        {
            PageCache.DropAll();
            tools.PageCache.WarmUp(image);
            time(() => Command.Run("timeout", Limit, "dd", $"if={Path.Combine(root, ImageCatalog.BigFile)}", "of=/dev/null", "bs=1M"));
        }
        finally
        {
            Command.Try("timeout", "20", "umount", root);
        }
    }
}
