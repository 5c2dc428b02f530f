using System.Globalization;
using System.Text;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;
using ImageFs.Benchmarks.Mounting;
using ImageFs.Benchmarks.Report;

namespace ImageFs.Benchmarks.Encrypted;

/// <summary>Reading an encrypted volume from the start to the end, beside the same one in the clear, and beside what libcrypto does without any of it.</summary>
/// <param name="settings">The program, and how many rounds.</param>
/// <param name="tools">What measuring takes.</param>
internal sealed class EncryptedGrid(Settings settings, Tools tools)
{
    private const int BlockSize = 128 << 10;
    private const string Reference = "openssl speed, AES-256-XTS, one processor";

    private static readonly (string Name, ImageFormat Format)[] s_images = [("ext4", ImageFormat.Ext4), ("ext4 in LUKS2, XTS", ImageFormat.Luks)];
    private static readonly int[] s_readers = [1, 2];

    private readonly Dictionary<(string Name, int Readers), List<FioResult>> _samples = [];
    private readonly List<double> _reference = [];

    /// <summary>What did not work, a line each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Measures, and makes the table.</summary>
    public string Run()
    {
        for (int round = 0; round < settings.Rounds; round++)
        {
            _reference.Add(MeasureLibrary());
            foreach ((string name, ImageFormat format) in s_images)
            {
                try
                {
                    Measure(name, format);
                }
                catch (Exception e) when (e is InvalidOperationException or TimeoutException)
                {
                    Failures.Add($"{name}: {e.Message}");
                }
            }
        }

        return Table();
    }

    private void Measure(string name, ImageFormat format)
    {
        string image = tools.Images.Get(TreeKind.Main, format);
        string options = format == ImageFormat.Luks ? $"key-file={tools.Images.KeyFile}" : string.Empty;
        using var mount = new PeerMount(tools.Probe, Peers.ImageFs(name, settings.ImageFs, format, options), image, tools.MountPoint);
        foreach (int readers in s_readers)
        {
            tools.PageCache.WarmUp(image);
            FioResult result = tools.Fio.Run(new FioJob(Access.Buffered, BlockSize) { Readers = readers }, mount[ImageCatalog.BigFile], SourceTree.BigFileSize);
            if (!_samples.TryGetValue((name, readers), out List<FioResult>? samples))
            {
                _samples.Add((name, readers), samples = []);
            }

            samples.Add(result);
        }
    }

    // The last line is "AES-256-XTS     3856075.00k": thousands of bytes in a second of the processor's time.
    private static double MeasureLibrary()
    {
        string last = Command.Run("openssl", "speed", "-seconds", "1", "-bytes", $"{BlockSize}", "-evp", "aes-256-xts").Trim().Split('\n')[^1];
        return 1000 * double.Parse(last.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].TrimEnd('k'), CultureInfo.InvariantCulture);
    }

    private string Table()
    {
        double reference = Results.Median(_reference);
        var table = new MarkdownTable(["sequential reading, 128 KiB", "readers", "MB/s", "s/GB", "of openssl"]);
        foreach ((string name, int readers) in s_images.SelectMany(image => s_readers.Select(readers => (image.Name, readers))))
        {
            double? rate = Median(name, readers, result => result.BytesPerSecond);
            table.Add([name, $"{readers}", Numbers.Text(rate / 1e6), Numbers.Text(Median(name, readers, result => result.CpuPerGigabyte)), Numbers.Text(rate / reference / readers)]);
        }

        table.Add([Reference, "", Numbers.Text(reference / 1e6), Numbers.Text(1e9 / reference), "1"]);
        return new StringBuilder()
            .AppendLine($"{Machine.Describe(settings.Root)} Medians of {settings.Rounds} round{(settings.Rounds == 1 ? string.Empty : "s")}.")
            .AppendLine()
            .Append(table)
            .ToString();
    }

    private double? Median(string name, int readers, Func<FioResult, double> value) =>
        _samples.TryGetValue((name, readers), out List<FioResult>? samples) ? Results.Median(samples.Select(value)) : null;
}
