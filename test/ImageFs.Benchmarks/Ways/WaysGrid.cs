using System.Text;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;
using ImageFs.Benchmarks.Mounting;
using ImageFs.Benchmarks.Report;

namespace ImageFs.Benchmarks.Ways;

/// <summary>
/// Mount options, such as ways of replying, beside each other: O_DIRECT reads of one size are READs of that size, so what is measured is
/// the reply.
/// </summary>
/// <param name="settings">The program, and how many rounds.</param>
/// <param name="tools">What measuring takes.</param>
internal sealed class WaysGrid(Settings settings, Tools tools)
{
    private const double Seconds = 0.7;
    private const int KiB = 1 << 10;
    private static readonly int[] s_sizes = [4, 16, 32, 64, 128, 512];
    private static readonly int[] s_readers = [1, 2];

    private readonly Dictionary<(Cell Cell, string Options), List<FioResult>> _samples = [];

    /// <summary>What did not work, a line each.</summary>
    public List<string> Failures { get; } = [];

    private readonly record struct Cell(bool IsLoop, bool IsCold, int Readers, int Size);

    /// <summary>Measures, and makes the table.</summary>
    /// <param name="variants">Mount options, a column each; what the program refuses is left out.</param>
    public string Run(IReadOnlyList<string> variants)
    {
        string image = tools.Images.Get(TreeKind.Main, ImageFormat.Ext4);
        using var device = new LoopDevice(image);
        List<string> taken = [.. variants];
        for (int round = 0; round < settings.Rounds; round++)
        {
            foreach (string options in taken.ToArray())
            {
                foreach (bool isLoop in new[] { false, true })
                {
                    if (!Run(options, image, isLoop ? device.Path : image, isLoop))
                    {
                        taken.Remove(options);
                        break;
                    }
                }
            }
        }

        return Table(taken, variants.Except(taken));
    }

    private bool Run(string options, string image, string source, bool isLoop)
    {
        Console.Error.WriteLine($"{options} of {source}");
        Peer peer = Peers.ImageFs(options, settings.ImageFs, ImageFormat.Ext4, options);
        PeerMount mount;
        try
        {
            mount = new PeerMount(tools.Probe, peer, source, tools.MountPoint);
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"left out: {e.Message.Trim()}");
            return false;
        }

        using (mount)
        {
            foreach (Cell cell in Cells(isLoop))
            {
                try
                {
                    Measure(cell, options, image, mount);
                }
                catch (Exception e) when (e is InvalidOperationException or TimeoutException)
                {
                    Failures.Add($"{options}: {e.Message}");
                }
            }
        }

        return true;
    }

    private void Measure(Cell cell, string options, string image, PeerMount mount)
    {
        if (cell.IsCold)
        {
            PageCache.DropAll();
        }
        else
        {
            tools.PageCache.WarmUp(image);
            if (cell.IsLoop)
            {
                // A device has a page cache of its own: the server's reading fills it.
                tools.Probe.Drop(mount[ImageCatalog.BigFile]);
                tools.Probe.Read(mount[ImageCatalog.BigFile]);
            }
        }

        var job = new FioJob(Access.Direct, cell.Size * KiB) { Readers = cell.Readers, Seconds = cell.IsCold ? null : Seconds };
        FioResult result = tools.Fio.Run(job, mount[ImageCatalog.BigFile], SourceTree.BigFileSize);
        if (!_samples.TryGetValue((cell, options), out List<FioResult>? samples))
        {
            _samples.Add((cell, options), samples = []);
        }

        samples.Add(result);
    }

    private string Table(IReadOnlyList<string> columns, IEnumerable<string> refused)
    {
        var table = new MarkdownTable(["source", "image", "readers", "KiB", .. columns.SelectMany(options => new[] { $"{options} MB/s", "s/GB" })]);
        foreach (Cell cell in new[] { false, true }.SelectMany(Cells))
        {
            table.Add(
                [
                    cell.IsLoop ? "loop" : "file",
                    cell.IsCold ? "cold" : "warm",
                    $"{cell.Readers}",
                    $"{cell.Size}",
                    .. columns.SelectMany(options => new[] { Median(cell, options, r => r.BytesPerSecond / 1e6), Median(cell, options, r => r.CpuPerGigabyte) }),
                ]);
        }

        var text = new StringBuilder();
        text.AppendLine($"{Machine.Describe(settings.Root)} Medians of {settings.Rounds} round{(settings.Rounds == 1 ? string.Empty : "s")}.");
        text.AppendLine();
        text.Append(table);
        foreach (string options in refused)
        {
            text.AppendLine().AppendLine($"Left out: {options}: the program refuses it.");
        }

        return text.ToString();
    }

    private string Median(Cell cell, string options, Func<FioResult, double> value) =>
        Numbers.Text(_samples.TryGetValue((cell, options), out List<FioResult>? samples) ? Results.Median(samples.Select(value)) : null);

    private static IEnumerable<Cell> Cells(bool isLoop) =>
        from isCold in new[] { false, true }
        from readers in s_readers
        from size in s_sizes
        select new Cell(isLoop, isCold, readers, size);
}
