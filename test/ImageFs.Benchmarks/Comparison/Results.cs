using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>What was measured, and what went wrong.</summary>
internal sealed class Results
{
    private readonly Dictionary<(Figure Figure, Peer Peer), List<double>> _samples = [];

    /// <summary>What did not work, a line each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Those that are not available, and why.</summary>
    public Dictionary<Peer, string> Absent { get; } = [];

    /// <summary>Takes note of one value.</summary>
    public void Add(Figure figure, Peer peer, double value)
    {
        if (!_samples.TryGetValue((figure, peer), out List<double>? samples))
        {
            _samples.Add((figure, peer), samples = []);
        }

        samples.Add(value);
    }

    /// <summary>Those of the peers of which anything was measured.</summary>
    public IEnumerable<Peer> Present(IEnumerable<Peer> peers) => peers.Where(peer => _samples.Keys.Any(key => key.Peer == peer));

    /// <summary>The middle of a peer's values; null when there are none.</summary>
    public double? Median(Figure figure, Peer peer) =>
        _samples.TryGetValue((figure, peer), out List<double>? samples) ? Median(samples) : null;

    /// <summary>The best median of some peers; null when there is none.</summary>
    public double? Best(Figure figure, IEnumerable<Peer> peers)
    {
        double[] medians = [.. peers.Select(peer => Median(figure, peer)).OfType<double>()];
        return medians.Length == 0 ? null : figure.Better == Better.More ? medians.Max() : medians.Min();
    }

    /// <summary>The middle of some values, of which there is at least one.</summary>
    public static double Median(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
