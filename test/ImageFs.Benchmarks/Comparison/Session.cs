using System.Text.Json;
using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>One peer's mount in one round, and the tools to measure it with.</summary>
/// <param name="mount">The mount.</param>
/// <param name="tree">What is mounted.</param>
/// <param name="tools">The tools.</param>
/// <param name="results">Takes the figures.</param>
internal sealed class Session(PeerMount mount, TreeKind tree, Tools tools, Results results)
{
    private bool? _takesDirect;

    public PeerMount Mount => mount;

    public Tools Tools => tools;

    /// <summary>Names in the tree.</summary>
    public int NameCount => tools.Images.Trees.CountNames(tree);

    /// <summary>The big file through the mount.</summary>
    public string BigFile => mount[ImageCatalog.BigFile];

    /// <summary>Whether its files can be opened with O_DIRECT.</summary>
    public bool TakesDirect => _takesDirect ??=
        Command.Try("timeout", "20", "dd", $"if={BigFile}", "of=/dev/null", "bs=4096", "count=1", "iflag=direct").ExitCode == 0;

    public void Add(Figure figure, double value) => results.Add(figure, mount.Peer, value);

    /// <summary>Has the image, and nothing of the big file through the mount, in the page cache; runs fio on the big file.</summary>
    public FioResult ReadBigFile(FioJob job)
    {
        tools.PageCache.WarmUp(mount.Image);
        return tools.Fio.Run(job, BigFile, SourceTree.BigFileSize);
    }

    /// <summary>Requests that have reached the server so far; null when it does not tell.</summary>
    public long? Requests()
    {
        if (mount.Peer.Kind != PeerKind.ImageFs)
        {
            return null;
        }

        using var status = JsonDocument.Parse(Command.Run("timeout", "20", mount.Peer.Program, "stats", "--json", mount.Root));
        return status.RootElement.GetProperty("requests").EnumerateObject().Sum(request => request.Value.GetInt64());
    }
}
