using System.Diagnostics;
using System.Globalization;
using System.Text;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;
using ImageFs.Benchmarks.Report;

namespace ImageFs.Benchmarks.Remote;

/// <summary>An ext4 image that a server of NBD gives out, 20 ms away: by ImageFs, and by the kernel's driver on what others make a file of.</summary>
/// <param name="settings">The program, and how many rounds.</param>
/// <param name="tools">What measuring takes.</param>
internal sealed class NbdGrid(Settings settings, Tools tools)
{
    private const string Delay = "20ms";
    private const int SequentialMegabytes = 64;
    private const int RandomSize = 4096;
    private const double RandomSeconds = 5;

    private static readonly string[] s_figures = ["sequential, MB/s", "random 4 KiB, reads/s", "walk cold, s"];

    private readonly Dictionary<(string Who, string Figure), List<double>> _samples = [];

    /// <summary>What did not work, a line each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Measures, and makes the table.</summary>
    public string Run()
    {
        string image = tools.Images.Get(TreeKind.Main, ImageFormat.Ext4);
        string[] peers = [.. NbdMount.Peers.Where(NbdMount.IsThere)];
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach (string peer in peers)
            {
                foreach (string figure in s_figures)
                {
                    try
                    {
                        Measure(image, peer, figure);
                    }
                    catch (Exception e) when (e is InvalidOperationException or TimeoutException)
                    {
                        Failures.Add($"{peer}, {figure}: {e.Message}");
                    }
                }
            }
        }

        return Table(peers);
    }

    // The server has the image in memory, and nobody else any of it.
    private void Measure(string image, string peer, string figure)
    {
        using var server = new NbdkitServer(tools.Folder, image, Delay);
        using var mount = new NbdMount(settings, tools, peer, server.Socket);
        PageCache.DropAll();
        tools.PageCache.WarmUp(image);
        double value = figure switch
        {
            "walk cold, s" => Seconds(() => Command.Run("timeout", "110", "find", mount.Root, "-printf", "%s %m %u\\n")),
            "random 4 KiB, reads/s" => tools.Fio.Run(
                new FioJob(Access.Buffered, RandomSize) { IsRandom = true, Seconds = RandomSeconds }, mount[ImageCatalog.BigFile], SourceTree.BigFileSize).ReadsPerSecond,
            _ => SequentialMegabytes * (1 << 20) / 1e6
                / Seconds(() => Command.Run("timeout", "110", "dd", $"if={mount[ImageCatalog.BigFile]}", "of=/dev/null", "bs=1M", $"count={SequentialMegabytes}")),
        };
        if (!_samples.TryGetValue((peer, figure), out List<double>? samples))
        {
            _samples.Add((peer, figure), samples = []);
        }

        samples.Add(value);
    }

    private static double Seconds(Action action)
    {
        var time = Stopwatch.StartNew();
        action();
        return time.Elapsed.TotalSeconds;
    }

    private string Table(string[] peers)
    {
        var table = new MarkdownTable(["", .. s_figures]);
        foreach (string peer in peers)
        {
            table.Add([peer, .. s_figures.Select(figure => Numbers.Text(Median(peer, figure)))]);
        }

        return new StringBuilder()
            .AppendLine(string.Create(
                CultureInfo.InvariantCulture, $"{Machine.Describe(settings.Root)} nbdkit's file plugin, each answer delayed by {Delay}. Medians of {settings.Rounds} round{(settings.Rounds == 1 ? string.Empty : "s")}."))
            .AppendLine()
            .Append(table)
            .ToString();
    }

    private double? Median(string peer, string figure) => _samples.TryGetValue((peer, figure), out List<double>? samples) ? Results.Median(samples) : null;
}
