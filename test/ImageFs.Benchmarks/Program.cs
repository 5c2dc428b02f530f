using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Encrypted;
using ImageFs.Benchmarks.Forensic;
using ImageFs.Benchmarks.Micro;
using ImageFs.Benchmarks.Mounting;
using ImageFs.Benchmarks.Remote;
using ImageFs.Benchmarks.Report;
using ImageFs.Benchmarks.Ways;

namespace ImageFs.Benchmarks;

/// <summary><c>bench [compare | ways [OPTIONS...] | encrypted | nbd | http | ewf | micro [FILTER]]</c>: see docs/performance.md.</summary>
internal static class Program
{
    private const int UsageError = 2;

    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case [] or ["compare"]:
                return Compare(new Settings());
            case ["ways", .. var variants]:
                return CompareWays(new Settings(), variants);
            case ["encrypted"]:
                return CompareEncrypted(new Settings());
            case ["nbd"]:
                return CompareNbd(new Settings());
            case ["http"]:
                return CompareHttp(new Settings());
            case ["ewf"]:
                return CompareForensic(new Settings());
            case ["micro", .. var rest]:
                return MicroBenchmarks.Run(rest);
            default:
                Console.Error.WriteLine("usage: bench [compare | ways [MOUNT-OPTIONS...] | encrypted | nbd | http | ewf | micro [BENCHMARKDOTNET-OPTIONS...]]");
                return UsageError;
        }
    }

    private static int Compare(Settings settings)
    {
        IReadOnlyList<Peer> peers = settings.Choose(Peers.All(settings), peer => peer.Name);
        Results results = new Rounds(settings, new Tools(settings.Folder)).Run(peers);
        string text = new ComparisonReport(results, peers).Text(Machine.Describe(settings.Root), settings.Rounds);
        Console.WriteLine(text);
        if (settings.Only.Count == 0)
        {
            MarkedSection.Write(settings.Document, "bench", text);
            File.WriteAllText(Path.ChangeExtension(settings.Document, ".svg"), BarChart.Draw(results, peers));
        }

        return Fail(results.Failures);
    }

    private static int CompareWays(Settings settings, string[] variants)
    {
        var grid = new WaysGrid(settings, new Tools(settings.Folder));
        string text = grid.Run(variants.Length > 0 ? variants : ["reply=splice", "reply=copy"]);
        Console.WriteLine(text);
        MarkedSection.Write(settings.Document, "ways", text);
        return Fail(grid.Failures);
    }

    private static int CompareEncrypted(Settings settings)
    {
        var grid = new EncryptedGrid(settings, new Tools(settings.Folder));
        string text = grid.Run();
        Console.WriteLine(text);
        MarkedSection.Write(settings.Document, "encrypted", text);
        return Fail(grid.Failures);
    }

    private static int CompareNbd(Settings settings)
    {
        var grid = new NbdGrid(settings, new Tools(settings.Folder));
        string text = grid.Run();
        Console.WriteLine(text);
        MarkedSection.Write(settings.Document, "nbd", text);
        return Fail(grid.Failures);
    }

    private static int CompareHttp(Settings settings)
    {
        var grid = new HttpGrid(settings, new Tools(settings.Folder));
        string text = grid.Run();
        Console.WriteLine(text);
        MarkedSection.Write(settings.Document, "http", text);
        return Fail(grid.Failures);
    }

    private static int CompareForensic(Settings settings)
    {
        var grid = new ForensicGrid(settings, new Tools(settings.Folder));
        string text = grid.Run();
        Console.WriteLine(text);
        MarkedSection.Write(settings.Document, "ewf", text);
        return Fail(grid.Failures);
    }

    private static int Fail(List<string> failures)
    {
        foreach (string failure in failures)
        {
            Console.Error.WriteLine($"FAILED: {failure}");
        }

        return failures.Count == 0 ? 0 : 1;
    }
}
