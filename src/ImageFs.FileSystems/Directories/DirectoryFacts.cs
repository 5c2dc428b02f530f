using ImageFs.Storage;

namespace ImageFs.FileSystems.Directories;

/// <summary>What a listing of a directory needs to know before it begins, kept when its index is not.</summary>
/// <param name="HasRepeated">Whether several entries may have one name.</param>
/// <param name="End">Where a listing stops with <paramref name="Failure"/>, in bytes: a call that continues another goes no further.</param>
/// <param name="Failure">What has ended reading the directory from its start; null when nothing did.</param>
internal readonly record struct DirectoryFacts(bool HasRepeated, long End, ImageException? Failure)
{
    /// <summary>Of a directory of which nothing is known: it is read as it comes.</summary>
    public static DirectoryFacts None { get; } = new(false, long.MaxValue, null);

    /// <summary>Ends a listing where reading the directory from its start has ended.</summary>
    /// <param name="position">Where the next entry would be looked for.</param>
    /// <param name="hasAdded">Whether there are entries to hand over: the next call begins here, then, and fails.</param>
    /// <returns>True when the listing goes on.</returns>
    public bool GoesOn(long position, bool hasAdded)
    {
        if (Failure is null || position < End)
        {
            return true;
        }

        return hasAdded ? false : throw Failure;
    }
}
