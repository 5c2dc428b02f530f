namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>Where an L1 table is.</summary>
/// <param name="Address">Its first byte in the file.</param>
/// <param name="Count">Its entries.</param>
internal readonly record struct TablePlace(ulong Address, uint Count);
