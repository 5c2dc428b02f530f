using System.Globalization;
using System.Security;
using System.Text;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Report;

/// <summary>A picture of some figures, a bar a peer, as SVG that is legible on light and on dark.</summary>
internal static class BarChart
{
    private const int Width = 980;
    private const int Columns = 2;
    private const int Margin = 20;
    private const int Label = 130;
    private const int Value = 70;
    private const int Line = 20;
    private const int Bar = 14;
    private const int Heading = 30;
    private const int Legend = 40;
    private const int PanelWidth = (Width - Margin) / Columns;

    private const string Style =
        """
          <style>
            text { font: 12px system-ui, sans-serif; fill: #24292f; }
            .title { font-weight: 600; font-size: 13px; }
            .end { text-anchor: end; }
            .imagefs { fill: #0969da; } .fuse { fill: #bf8700; } .kernel { fill: #8c959f; }
            @media (prefers-color-scheme: dark) {
              text { fill: #e6edf3; }
              .imagefs { fill: #58a6ff; } .fuse { fill: #d29922; } .kernel { fill: #6e7681; }
            }
          </style>
        """;

    private static readonly Figure[] s_figures =
        [Figures.Sequential, Figures.SequentialCpu, Figures.Mapped, Figures.RandomDirect, Figures.WalkCold, Figures.Small, Figures.Mount, Figures.Memory];

    /// <summary>Draws the figures that were measured.</summary>
    public static string Draw(Results results, IReadOnlyList<Peer> peers)
    {
        var panels = new StringBuilder();
        int top = Legend;
        foreach (Figure[] row in s_figures.Where(figure => results.Best(figure, peers) is not null).Chunk(Columns))
        {
            int height = 0;
            for (int column = 0; column < row.Length; column++)
            {
                height = Math.Max(height, DrawPanel(panels, row[column], results, peers, Margin + (column * PanelWidth), top));
            }

            top += height;
        }

        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{top + Margin}" viewBox="0 0 {Width} {top + Margin}" role="img">
              <title>ImageFs and its peers</title>
            {Style}
            {DrawLegend()}{panels}</svg>

            """;
    }

    private static int DrawPanel(StringBuilder svg, Figure figure, Results results, IReadOnlyList<Peer> peers, int left, int top)
    {
        (Peer Peer, double Value)[] bars = [.. peers.Where(peer => results.Median(figure, peer) is not null).Select(peer => (peer, results.Median(figure, peer)!.Value))];
        double most = bars.Max(bar => bar.Value);
        double full = PanelWidth - Label - Value - Margin;
        string better = figure.Better == Better.More ? "more is better" : "less is better";
        svg.AppendLine($"""  <text class="title" x="{left}" y="{top + 16}">{Escape(figure.Title)}, {Escape(figure.Unit)} ({better})</text>""");
        int y = top + Heading;
        foreach ((Peer peer, double value) in bars)
        {
            string width = Math.Max(1, full * value / most).ToString("0.0", CultureInfo.InvariantCulture);
            string end = (left + Label + 5 + (full * value / most)).ToString("0.0", CultureInfo.InvariantCulture);
            svg.AppendLine($"""  <text class="end" x="{left + Label - 6}" y="{y + 11}">{Escape(peer.Name)}</text>""");
            svg.AppendLine($"""  <rect class="{ClassOf(peer.Kind)}" x="{left + Label}" y="{y}" width="{width}" height="{Bar}"/>""");
            svg.AppendLine($"""  <text x="{end}" y="{y + 11}">{Numbers.Text(value)}</text>""");
            y += Line;
        }

        return y - top + Margin;
    }

    private static string DrawLegend()
    {
        var svg = new StringBuilder();
        int x = Margin;
        foreach ((PeerKind kind, string text) in new[] { (PeerKind.ImageFs, "ImageFs"), (PeerKind.Fuse, "other FUSE servers"), (PeerKind.Kernel, "the kernel, on a loop device"), (PeerKind.Engine, "the kernel, by ImageFs") })
        {
            svg.AppendLine($"""  <rect class="{ClassOf(kind)}" x="{x}" y="10" width="{Bar}" height="{Bar}"/>""");
            svg.AppendLine($"""  <text x="{x + Line}" y="21">{text}</text>""");
            x += 170;
        }

        return svg.ToString();
    }

    private static string ClassOf(PeerKind kind) => kind.ToString().ToLowerInvariant();

    private static string Escape(string text) => SecurityElement.Escape(text);
}
