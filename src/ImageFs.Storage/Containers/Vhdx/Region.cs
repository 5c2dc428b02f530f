namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>A part of the file (MS-VHDX 2.2.3.2).</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct Region(long Offset, long Length);
