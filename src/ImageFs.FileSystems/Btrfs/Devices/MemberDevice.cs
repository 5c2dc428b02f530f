using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>A device of a file system.</summary>
/// <param name="Key">What tells it from others.</param>
/// <param name="Source">Its bytes; null when it is missing.</param>
/// <param name="Generation">The last transaction that it has.</param>
/// <param name="IsStale">Whether the others have gone on without it: what it has may be old.</param>
internal sealed record MemberDevice(DeviceKey Key, BlockSource? Source, ulong Generation = 0, bool IsStale = false)
{
    /// <summary>In which order devices are asked: what is missing comes last.</summary>
    public int Rank => Source is null ? 2 : IsStale ? 1 : 0;

    /// <summary>Bytes that are there from an offset on.</summary>
    public long BytesFrom(long offset) => Source is null ? 0 : Math.Max(Source.Length - offset, 0);
}
