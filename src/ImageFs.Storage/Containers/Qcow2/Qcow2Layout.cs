using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>How the tables of a file are to be read.</summary>
/// <param name="Version">2 or 3.</param>
/// <param name="ClusterBits">Base-2 logarithm of the bytes in a cluster.</param>
/// <param name="HasSubclusters">Whether L2 entries have a bitmap of subclusters.</param>
/// <param name="Compression">How compressed clusters are.</param>
internal sealed record Qcow2Layout(uint Version, int ClusterBits, bool HasSubclusters, Compression Compression)
{
    /// <summary>Bytes in a cluster.</summary>
    public int ClusterSize => 1 << ClusterBits;
}
