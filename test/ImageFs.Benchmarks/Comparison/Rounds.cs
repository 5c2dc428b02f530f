using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>Mounts the peers in turn, round by round, so that a drift of the machine hits all alike.</summary>
/// <param name="settings">How many, and of what.</param>
/// <param name="tools">What measuring takes.</param>
internal sealed class Rounds(Settings settings, Tools tools)
{
    private Results _results = new();
    private readonly HashSet<Peer> _verified = [];
    private string? _hash;

    /// <summary>Measures.</summary>
    public Results Run(IReadOnlyList<Peer> peers)
    {
        IReadOnlyList<Figure> figures = settings.Choose(Figures.All, figure => figure.Name);
        Workload[] workloads = [.. Workloads.All.Where(workload => workload.Figures.Any(figures.Contains))];
        foreach (Peer peer in peers.Where(peer => peer.Absence is not null))
        {
            _results.Absent.Add(peer, peer.Absence!);
        }

        WarmUp(peers, workloads);
        for (int round = 1; round <= settings.Rounds; round++)
        {
            foreach (IGrouping<TreeKind, Workload> some in workloads.GroupBy(workload => workload.Tree))
            {
                foreach (Peer peer in peers.Where(peer => !_results.Absent.ContainsKey(peer) && ImageCatalog.FormatsOf(some.Key).Contains(peer.Format)))
                {
                    Console.Error.WriteLine($"round {round} of {settings.Rounds}: {some.Key} by {peer}");
                    Run(peer, some.Key, some);
                }
            }
        }

        return _results;
    }

    // Who is first comes right after the build and the making of the images, with their pages still to be written: one turn is for nothing.
    private void WarmUp(IReadOnlyList<Peer> peers, Workload[] workloads)
    {
        Peer? first = peers.FirstOrDefault(peer => !_results.Absent.ContainsKey(peer) && ImageCatalog.FormatsOf(TreeKind.Main).Contains(peer.Format));
        if (first is null)
        {
            return;
        }

        Console.Error.WriteLine($"warming up: {first}");
        Results results = _results;
        _results = new Results();
        Run(first, TreeKind.Main, workloads.Where(workload => workload.Tree == TreeKind.Main));
        _results = results;
    }

    private void Run(Peer peer, TreeKind tree, IEnumerable<Workload> workloads)
    {
        PeerMount? mount = null;
        Session? session = null;
        bool isUsed = false;
        try
        {
            foreach (Workload workload in workloads)
            {
                if (session is null || (isUsed && workload.NeedsFreshMount))
                {
                    mount?.Dispose();
                    mount = null;
                    mount = Mount(peer, tree);
                    if (mount is null)
                    {
                        return;
                    }

                    session = new Session(mount, tree, tools, _results);
                }

                isUsed = true;
                workload.Run(session);
            }

            if (tree == TreeKind.Main && _verified.Add(peer))
            {
                Verify(session!);
            }
        }
        catch (Exception e)
        {
            _results.Failures.Add($"{peer}: {e.Message}");
        }
        finally
        {
            mount?.Dispose();
        }
    }

    private PeerMount? Mount(Peer peer, TreeKind tree)
    {
        string image = tools.Images.Get(tree, peer.Format);
        try
        {
            return new PeerMount(tools.Probe, peer, image, tools.MountPoint);
        }
        catch (InvalidOperationException e) when (peer.MayRefuse)
        {
            // The last line is the probe's own.
            _results.Absent.Add(peer, e.Message.Trim().Split('\n')[^2]);
            return null;
        }
    }

    private void Verify(Session session)
    {
        _hash ??= tools.Images.Trees.BigFileHash();
        tools.Probe.Drop(session.BigFile);
        string hash = Command.Run("timeout", "60", "sha256sum", session.BigFile).Split(' ')[0].TrimStart('\\');
        if (hash != _hash)
        {
            _results.Failures.Add($"{session.Mount.Peer}: {ImageCatalog.BigFile} has SHA-256 {hash}, was written with {_hash}");
        }
    }
}
