namespace ImageFs.Storage.Caching;

/// <summary>What the files of a <see cref="CacheFolder"/> were good for, in bytes.</summary>
/// <param name="Kept">There now.</param>
/// <param name="Stored">Written to them so far.</param>
/// <param name="Read">Taken from them so far.</param>
/// <param name="Dropped">Punched out, to make room.</param>
public readonly record struct FolderCounts(long Kept, long Stored, long Read, long Dropped);
