namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>An internal snapshot (qcow2: Snapshots).</summary>
/// <param name="Id">Its id, mostly a number.</param>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Date">When it was taken.</param>
/// <param name="L1">Its L1 table.</param>
/// <param name="DiskSize">Bytes of the disk then; null when that is not told.</param>
internal sealed record Snapshot(string Id, string Name, DateTimeOffset Date, TablePlace L1, long? DiskSize);
