using System.Text;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Report;

/// <summary>The tables of a comparison.</summary>
/// <param name="results">What was measured.</param>
/// <param name="peers">All peers, in the order of the columns.</param>
internal sealed class ComparisonReport(Results results, IReadOnlyList<Peer> peers)
{
    /// <summary>Both tables, and who is absent.</summary>
    public string Text(string machine, int rounds)
    {
        var text = new StringBuilder();
        text.AppendLine($"{machine} Medians of {rounds} round{(rounds == 1 ? string.Empty : "s")}.");
        text.AppendLine();
        text.Append(Values());
        text.AppendLine();
        text.Append(Targets());
        return text.ToString();
    }

    private string Values()
    {
        Peer[] columns = [.. results.Present(peers), .. results.Absent.Keys];
        Peer[] ours = [.. columns.Where(Target.All[0].IsAbout)];
        string[] ratios = [.. ours.SelectMany(peer => new[] { $"{peer} / best FUSE", $"{peer} / {Peers.KernelExt4}" })];
        var table = new MarkdownTable(["figure", "unit", .. columns.Select(peer => peer.Name), .. ratios]);
        foreach (Figure figure in Figures.All.Where(figure => columns.Any(peer => results.Median(figure, peer) is not null)))
        {
            double? bestFuse = results.Best(figure, columns.Where(peer => peer.Kind == PeerKind.Fuse));
            double? kernel = results.Best(figure, columns.Where(peer => peer.Name == Peers.KernelExt4));
            table.Add(
                [
                    figure.Title,
                    figure.Unit,
                    .. columns.Select(peer => results.Absent.ContainsKey(peer) ? "absent" : Numbers.Text(results.Median(figure, peer))),
                    .. ours.SelectMany(peer => new[] { bestFuse, kernel }.Select(other => Numbers.Ratio(results.Median(figure, peer) / other))),
                ]);
        }

        string absent = string.Concat(results.Absent.Select(peer => $"\nAbsent: {peer.Key}: {peer.Value}.\n"));
        return $"{table}{absent}";
    }

    private string Targets()
    {
        var table = new MarkdownTable("must reach", "by", "is", "");
        foreach (Target target in Target.All)
        {
            Peer[] about = [.. peers.Where(target.IsAbout)];
            foreach (Peer peer in about)
            {
                double? ratio = target.Ratio(results, peers, peer);
                string value = target.Against == TargetBase.Nothing ? Numbers.Text(ratio) : Numbers.Ratio(ratio);
                table.Add(target.Text, peer.Name, value, ratio is null ? "not measured" : target.IsReached(ratio.Value) ? "reached" : "NOT reached");
            }
        }

        return table.ToString();
    }
}
