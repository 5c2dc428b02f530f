namespace ImageFs.FileSystems.Fat;

/// <summary>Consecutive clusters of a chain.</summary>
/// <param name="Index">The place of the first one in the chain, from 0.</param>
/// <param name="Cluster">Its number.</param>
internal readonly record struct ClusterRun(uint Index, uint Cluster);
